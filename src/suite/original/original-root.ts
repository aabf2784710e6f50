/** How a file of the original's format is told from a native one. */
import { entryOf, type LocatedMapping } from "../reading/located.ts";

/** Whether the root has `apps` or `actions`, and no `tests`. */
export function isOriginalRoot(root: LocatedMapping): boolean {
  const has = (key: string): boolean => entryOf(root, key) !== undefined;
  return (has("apps") || has("actions")) && !has("tests");
}
