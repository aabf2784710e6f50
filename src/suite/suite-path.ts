/** Which paths a suite may name: only files under its own folder. The reader and the gateway ask the same function. */

export type SuitePath =
  /** Relative to the suite's folder, forward slashes, no `.` or `..` left. */
  | { readonly kind: "inside"; readonly path: string }
  | { readonly kind: "refused"; readonly reason: string };

const PATH_LENGTH_MAX = 1000;

/**
 * Brings a path into its one normal form, or says why it may not be used.
 *
 * A backslash separates as on Windows, on every machine: what leaves the folder there leaves it nowhere.
 * Links on disk are not seen here; whoever reads the files checks where they lead.
 */
export function suitePath(written: string): SuitePath {
  if (written.includes("\0")) return { kind: "refused", reason: "it holds a NUL character" };
  if (written.length > PATH_LENGTH_MAX)
    return { kind: "refused", reason: `it is longer than ${PATH_LENGTH_MAX} characters` };
  if (/^([A-Za-z]:|[\\/])/.test(written)) return { kind: "refused", reason: "it is absolute" };
  const kept: string[] = [];
  for (const part of written.split(/[\\/]/)) {
    if (part === "" || part === ".") continue;
    if (part !== "..") kept.push(part);
    else if (kept.pop() === undefined) return { kind: "refused", reason: "it leaves the folder" };
  }
  return kept.length === 0
    ? { kind: "refused", reason: "it names no file" }
    : { kind: "inside", path: kept.join("/") };
}
