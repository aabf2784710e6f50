/**
 * Keeps what attempts leave behind: bytes under their sha256 in the node's blobs folder until the gateway has them (R3).
 * Order: bytes on disk, then the pending upload, then the event. A crash between two of them leaves bytes that nobody
 * asks for, never an event without its bytes.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { ArtifactNote } from "#proto/artifact.ts";
import type { ArtifactFound } from "#proto/event.ts";
import { type LeaseId, Sha256 } from "#proto/ids.ts";
import { messageOf } from "#shared/errors.ts";
import type { IdSource } from "#shared/ids.ts";
import type { Limits } from "#shared/limits.ts";
import type { Evidence, MissedEvidence } from "../drivers/driver.ts";
import type { UploadStore } from "../store/upload-store.ts";
import { createNameTaker } from "./names.ts";

export type AttemptKeeping = {
  /** Takes a file; what cannot be kept becomes an artifact that is missing with its reason. */
  readonly attach: (evidence: Evidence) => void;
  /** Tells of evidence that was asked for and does not exist. */
  readonly miss: (missed: MissedEvidence) => void;
  /** Resolves when everything that was attached is kept and told. */
  readonly settled: () => Promise<void>;
};

export type ArtifactKeeper = {
  readonly forAttempt: (leaseId: LeaseId, record: (event: ArtifactFound) => void) => AttemptKeeping;
};

export type ArtifactKeeperOptions = {
  readonly blobsPath: string;
  readonly uploads: UploadStore;
  readonly ids: IdSource;
  readonly limits: Limits;
  /** Something new waits to be uploaded. */
  readonly onKept: () => void;
};

export function createArtifactKeeper(options: ArtifactKeeperOptions): ArtifactKeeper {
  return {
    forAttempt: (leaseId, record) => {
      const takeName = createNameTaker();
      const pending = new Set<Promise<void>>();
      let count = 0;
      const tell = (artifact: ArtifactNote) =>
        record({ kind: "artifact_found", leaseId, artifact });
      return {
        attach: (evidence) => {
          count += 1;
          const { artifactsPerAttemptMax } = options.limits;
          if (count > artifactsPerAttemptMax + 1) return;
          const { kind, bytes } = evidence;
          const note = { name: takeName(evidence.name), kind, bytes: bytes.length };
          const fault = faultOf(note, options.limits);
          if (count > artifactsPerAttemptMax) {
            tell({
              ...note,
              missing: `This and what follows is not kept: more than ${artifactsPerAttemptMax} artifacts`,
            });
          } else if (fault !== undefined) tell({ ...note, missing: fault });
          else {
            const kept = keep(options, note, bytes).then(tell);
            pending.add(kept);
            // Its failure is the attempt's, through `settled`; it stays pending until then.
            kept.then(() => pending.delete(kept)).catch(() => undefined);
          }
        },
        miss: ({ name, kind, reason }) => {
          count += 1;
          if (count > options.limits.artifactsPerAttemptMax) return;
          tell({ name: takeName(name), kind, bytes: 0, missing: reason });
        },
        settled: async () => {
          await Promise.all(pending);
        },
      };
    },
  };
}

type Note = Pick<ArtifactNote, "name" | "kind" | "bytes">;

function faultOf({ name, bytes }: Note, { artifactBytesMax }: Limits): string | undefined {
  if (bytes <= artifactBytesMax) return undefined;
  return `${name} is too large: ${bytes} bytes, at most ${artifactBytesMax} are kept`;
}

async function keep(
  options: ArtifactKeeperOptions,
  note: Note,
  bytes: Uint8Array,
): Promise<ArtifactNote> {
  try {
    const sha256 = Sha256.parse(createHash("sha256").update(bytes).digest("hex"));
    const path = join(options.blobsPath, sha256);
    if (!existsSync(path))
      await writeWhole(path, {
        bytes,
        temporary: join(options.blobsPath, `${options.ids.next("new")}.tmp`),
      });
    options.uploads.add({ sha256, bytes: bytes.length, name: note.name });
    options.onKept();
    return { ...note, sha256 };
  } catch (thrown) {
    return { ...note, missing: `${note.name} was not kept on the node: ${messageOf(thrown)}` };
  }
}

type Writing = { readonly bytes: Uint8Array; readonly temporary: string };

/** The name is there only when all bytes are on disk. */
async function writeWhole(path: string, { bytes, temporary }: Writing): Promise<void> {
  const file = await open(temporary, "w", 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } catch (thrown) {
    await rm(temporary, { force: true });
    throw thrown;
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}
