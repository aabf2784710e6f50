/** Order of names that is the same on every machine, whatever its language. */

/** Compares by UTF-16 code unit, not by locale. */
export function byCodeUnit(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
