/** Reads files that people name as suites, or that suites name: only plain ones, and never more than is of use. */
import { readFileSync, statSync } from "node:fs";
import { MeshError, messageOf } from "#shared/errors.ts";
import { SUITE_BYTES_MAX } from "#suite/source.ts";

/** A file that travels with a run; base64 of two such is a whole submit. */
const SENT_BYTES_MAX = 90 * 1024 * 1024;

/**
 * The bytes of a suite.
 *
 * @param file As the person named it. @throws {MeshError} `usage` when it cannot be read, is no plain file (a pipe would be
 *   waited for, a device never ends) or is larger than suites may be.
 */
export function readSuiteBytes(file: string, path: string): Uint8Array {
  const bytes = plainSize(`the suite ${file}`, path);
  if (bytes > SUITE_BYTES_MAX)
    throw new MeshError(
      "usage",
      `Cannot read the suite ${file}: it has ${bytes} bytes, a suite has at most ${SUITE_BYTES_MAX}`,
    );
  return read(`the suite ${file}`, path);
}

/** The bytes of a file that a suite names. @throws {MeshError} `usage` when it is too large to be sent. */
export function readSentBytes(file: string, path: string): Uint8Array {
  const bytes = plainSize(`the file ${file}`, path);
  if (bytes > SENT_BYTES_MAX)
    throw new MeshError(
      "usage",
      `Cannot send the file ${file}: it has ${bytes} bytes, at most ${SENT_BYTES_MAX} travel with a run`,
    );
  return read(`the file ${file}`, path);
}

function plainSize(what: string, path: string): number {
  const stat = attempt(what, () => statSync(path));
  if (stat.isFile()) return stat.size;
  const kind = stat.isDirectory() ? "a folder" : stat.isFIFO() ? "a pipe" : "a device or a socket";
  throw new MeshError("usage", `Cannot read ${what}: it is ${kind}, no file`);
}

const read = (what: string, path: string): Uint8Array => attempt(what, () => readFileSync(path));

function attempt<T>(what: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    throw new MeshError("usage", `Cannot read ${what}: ${messageOf(cause)}`, { cause });
  }
}
