/** Files as bodies: opened anew for each try, read a piece at a time. */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { messageOf } from "#shared/errors.ts";
import { StepError } from "../driver.ts";
import type { SentBody } from "./sending.ts";

export type Payload = {
  /** Absent: no body. */
  readonly body?: SentBody;
  /** Set unless the step names its own. */
  readonly contentType?: string;
};

export type ResolveFile = (path: string) => string;

/** A file that can be sent again and again, a piece at a time. @throws {StepError} When it cannot be read. */
export async function openable(
  file: string,
  resolveFile: ResolveFile,
): Promise<{ readonly bytes: number; readonly open: () => AsyncIterable<Uint8Array> }> {
  try {
    const path = resolveFile(file);
    const { size } = await stat(path);
    return { bytes: size, open: () => createReadStream(path) };
  } catch (thrown) {
    throw new StepError("failed", "request", `Cannot send the file ${file}: ${messageOf(thrown)}`);
  }
}
