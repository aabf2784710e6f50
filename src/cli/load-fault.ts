/** The one fault of a person's machine that shows itself while code is loaded: a native part that cannot be opened. */
import { tmpdir } from "node:os";
import { MeshError } from "#shared/errors.ts";

/**
 * Names it as what it is, with what to do; anything else comes back as it was.
 *
 * The single file unpacks libSQL's native part into the folder for temporary files at its first use.
 */
export function nameLoadFault(thrown: unknown): unknown {
  if (!(thrown instanceof Error && "code" in thrown && thrown.code === "ERR_DLOPEN_FAILED")) {
    return thrown;
  }
  return new MeshError(
    "store_failed",
    `Cannot load the database library: ${thrown.message}; the folder for temporary files, ${tmpdir()}, must be writable and not mounted noexec: name another by TMPDIR`,
    { cause: thrown },
  );
}
