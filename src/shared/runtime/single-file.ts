/** Whether this program is the single file that `npm run build` makes: its own sources are inside it then, not beside it. */

/** True in the single file; false from a checkout, under any runtime. */
export function isSingleFile(): boolean {
  return globalThis.Bun?.isStandaloneExecutable === true;
}
