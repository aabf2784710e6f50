/** Pure: the size of a JPEG picture, from its frame header (ITU T.81, B.2.2). */
import type { PictureSize } from "./matroska.ts";

const FIRST_FRAME = 0xffc0;
const LAST_FRAME = 0xffcf;
const HEADER_BYTES = 9;
/** In the same range, and no frame headers: tables. */
const TABLES: ReadonlySet<number> = new Set([0xffc4, 0xffc8, 0xffcc]);

/** Undefined when the bytes are no JPEG, or are cut off before its frame. */
export function jpegSize(bytes: Uint8Array): PictureSize | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 2; at + HEADER_BYTES <= bytes.length; ) {
    const marker = view.getUint16(at);
    if (marker >= FIRST_FRAME && marker <= LAST_FRAME && !TABLES.has(marker))
      return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
    at += 2 + view.getUint16(at + 2);
  }
  return undefined;
}
