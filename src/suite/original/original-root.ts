/** How a file of the original's format is told from a native one. */
import { entryOf, type LocatedMapping } from "../reading/located.ts";

/** Whether the root has `apps` and no `tests`. */
export function isOriginalRoot(root: LocatedMapping): boolean {
  return entryOf(root, "apps") !== undefined && entryOf(root, "tests") === undefined;
}
