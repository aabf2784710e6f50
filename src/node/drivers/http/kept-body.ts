/** A body that goes into a file: written and hashed a piece at a time, then handed over as an artifact, secrets masked. */
import { createHash } from "node:crypto";
import { open, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "#shared/errors.ts";
import { type SessionOptions, StepError } from "../driver.ts";
import type { RequestStep } from "./body.ts";
import type { Sink } from "./body-reader.ts";
import type { HttpResponse } from "./response.ts";

/** A larger one is not searched for secrets, and so not kept when there are any, bytes. */
const SEARCHED_BYTES_MAX = 32 * 1024 * 1024;

type Place = { readonly saveAs: NonNullable<RequestStep["saveAs"]>; readonly number: number };
type Keeper = Pick<SessionOptions, "workspaceDir" | "redactor" | "attachFile" | "miss">;

/** Lets `act` fill the file, and keeps it. What became of a failed one is removed. */
export async function withKeptBody(
  keeper: Keeper,
  { saveAs, number }: Place,
  act: (sink: Sink) => Promise<HttpResponse>,
): Promise<HttpResponse> {
  const path = join(keeper.workspaceDir, `body-${number}`);
  const file = await open(path, "wx", 0o600);
  const hash = createHash("sha256");
  const sink: Sink = {
    name: saveAs.name,
    bytesMax: saveAs.bytesMax,
    write: async (piece) => {
      hash.update(piece);
      await file.writeFile(piece).catch((thrown: unknown) => {
        throw new StepError(
          "failed",
          "request",
          `the file cannot be written: ${messageOf(thrown)}`,
        );
      });
    },
    end: async () => hash.digest("hex"),
  };
  try {
    const response = await act(sink);
    await file.close();
    await keep(keeper, { path, name: saveAs.name, bytes: response.kept?.bytes ?? 0 });
    return response;
  } catch (thrown) {
    await file.close();
    await rm(path, { force: true });
    throw thrown;
  }
}

type Written = { readonly path: string; readonly name: string; readonly bytes: number };

async function keep({ redactor, attachFile, miss }: Keeper, written: Written): Promise<void> {
  const { path, name, bytes } = written;
  if (!redactor.isEmpty) {
    if (bytes > SEARCHED_BYTES_MAX) {
      await rm(path, { force: true });
      const reason = `its ${bytes} bytes are too many to be searched for secrets (${SEARCHED_BYTES_MAX} at most)`;
      return miss({ name, kind: "file", reason });
    }
    await writeFile(path, redactor.bytes(await readFile(path)));
  }
  attachFile({ name, kind: "file", path });
}
