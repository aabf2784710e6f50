/** Spans of time as native suites write them. Pure. */

/** `30s` of 30000, `2500ms` of 2500. */
export function spanText(spanMs: number): string {
  return spanMs > 0 && spanMs % 1000 === 0 ? `${spanMs / 1000}s` : `${spanMs}ms`;
}
