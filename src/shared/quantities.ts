/** P: sizes and shares as people write them: `1GiB`, `500 MB`, `50%`. */

const BYTES: ReadonlyMap<string, number> = new Map([
  ["kb", 1e3],
  ["mb", 1e6],
  ["gb", 1e9],
  ["tb", 1e12],
  ["kib", 2 ** 10],
  ["mib", 2 ** 20],
  ["gib", 2 ** 30],
  ["tib", 2 ** 40],
]);

/** How a size looks, for schemas; the case of letters does not count. */
export const SIZE_PATTERN = "^\\d{1,9}(\\.\\d{1,3})? ?([kKmMgGtT][iI]?[bB])$";
/** How a share looks. */
export const SHARE_PATTERN = "^\\d{1,5}(\\.\\d{1,2})? ?%$";

/** Bytes of `1GiB` or `500 MB`; undefined when it is no size above 0. */
export function parseBytes(text: string): number | undefined {
  if (!new RegExp(SIZE_PATTERN).test(text)) return undefined;
  const unit = text.replace(/[\d. ]/g, "").toLowerCase();
  const bytes = Math.round(Number.parseFloat(text) * (BYTES.get(unit) ?? 1));
  return bytes > 0 ? bytes : undefined;
}

/** Processors of `50%` or `200 %`: 0.5 and 2; undefined when it is no share from 1 %. */
export function parseShare(text: string): number | undefined {
  if (!new RegExp(SHARE_PATTERN).test(text)) return undefined;
  const share = Number.parseFloat(text) / 100;
  return share >= 0.01 ? share : undefined;
}
