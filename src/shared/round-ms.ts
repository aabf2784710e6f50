/** How exact a measured duration is told. */

/** Rounds to microseconds: all that a process's clock tells. */
export function roundMs(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
