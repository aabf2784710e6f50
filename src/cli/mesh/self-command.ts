/** How this program starts itself again as another process. */
import { resolve } from "node:path";
import { isSingleFile } from "#shared/runtime/single-file.ts";

/** The words before a command's name: the single file itself, or the runtime and the program's own file. */
export function selfCommand(): readonly [program: string, ...args: string[]] {
  if (isSingleFile()) return [process.execPath];
  return [process.execPath, resolve(import.meta.dirname, "..", "main.ts")];
}
