/** Pure: figures of repeated measurements, and how they are printed. */

/** The middle one; of an even count the lower of the two. @throws {RangeError} When there are none. */
export function medianOf(values: readonly number[]): number {
  return percentileOf(values, 0.5);
}

/** @param share 0 to 1. @throws {RangeError} When there are no values. */
export function percentileOf(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const found = sorted[Math.floor(share * (sorted.length - 1))];
  if (found === undefined) throw new RangeError("Cannot take a percentile: there are no values");
  return found;
}

/** `1,234.5` with as many decimals as the size deserves. */
export function figure(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString("en-US", {
    maximumFractionDigits: digits,
    minimumFractionDigits: digits,
  });
}
