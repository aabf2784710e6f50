/**
 * One try to bring one artifact to the gateway: asks how much of it is there, sends the rest, and judges what the answer
 * means for the bytes that are kept here.
 */
import { statSync } from "node:fs";
import { messageOf } from "#shared/errors.ts";
import type { PendingUpload } from "../store/upload-store.ts";
import type { BlobClient } from "./blob-client.ts";
import { hashFile } from "./take-in.ts";

export type Delivery =
  /** The gateway has it on disk. */
  | { readonly kind: "stored" }
  /** It is over a cap: the gateway's report says so. */
  | { readonly kind: "refused" }
  /** It will never come, and the gateway knows why. */
  | { readonly kind: "missing"; readonly reason: string };

export type Delivering = {
  readonly client: BlobClient;
  /** Where its bytes are kept. */
  readonly path: string;
  readonly upload: PendingUpload;
  readonly signal: AbortSignal;
  /** Counts an upload of which the gateway says that its bytes are others; returns how many there were. */
  readonly countMismatch: () => number;
};

/** Bytes that are right here and wrong there so often will be wrong the next time, too. */
const MISMATCHES_MAX = 5;

/** @throws {Error} When it is to be tried again later. */
export async function deliver(of: Delivering): Promise<Delivery> {
  const { client, upload, signal } = of;
  const { sha256, bytes } = upload;
  const there = await client.ask(sha256, signal);
  if (there.status === 200) return { kind: "stored" };
  if (there.status === 413) return { kind: "refused" };
  if (there.status !== 404) throw new Error(`the gateway answered ${there.status}`);
  const fault = faultOfFile(of);
  if (fault !== undefined) return giveUp(of, fault);
  const offset = Math.min(there.offset, bytes);
  const { status } = await client.send({ sha256, path: of.path, offset, bytes }, signal);
  if (status === 201) return { kind: "stored" };
  if (status === 413) return { kind: "refused" };
  if (status === 422) return judgeMismatch(of);
  throw new Error(`the gateway answered ${status}`);
}

function faultOfFile({ path, upload }: Delivering): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return "its bytes are gone from the node's disk";
  if (found.size === upload.bytes) return undefined;
  return `its file on the node has ${found.size} bytes in place of ${upload.bytes}`;
}

/** What came there is not what was kept: either it is spoilt here, or on the way or by an earlier part there. */
async function judgeMismatch(of: Delivering): Promise<Delivery> {
  const { sha256 } = await hashFile(of.path, of.signal);
  if (sha256 !== of.upload.sha256) return giveUp(of, "its bytes on the node's disk are spoilt");
  const count = of.countMismatch();
  if (count >= MISMATCHES_MAX) return giveUp(of, `other bytes reached the gateway, ${count} times`);
  throw new Error("other bytes reached the gateway");
}

/** @throws {Error} When the gateway does not hear of it: it is told again later. */
async function giveUp(of: Delivering, fault: string): Promise<Delivery> {
  const { client, upload, signal } = of;
  const reason = `${upload.name} was not delivered: ${fault}`;
  const { status } = await client
    .tellMissing(upload.sha256, reason, signal)
    .catch((thrown: unknown) => {
      throw new Error(`${reason}, and the gateway does not hear of it: ${messageOf(thrown)}`);
    });
  if (status !== 204) throw new Error(`${reason}, to which the gateway answered ${status}`);
  return { kind: "missing", reason };
}
