/** How this program starts itself again as another process. */
import { resolve } from "node:path";

/** The words before a command's name: the runtime and the program's own file. */
export function selfCommand(): readonly [program: string, ...args: string[]] {
  return [process.execPath, resolve(import.meta.dirname, "..", "main.ts")];
}
