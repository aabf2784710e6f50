/**
 * Which pixels of two pictures differ to an eye. Works in slices with pauses between them, as others wait for this process
 * meanwhile: decoding inflates off the thread, and a band of rows is compared at a time.
 */
import pixelmatch from "pixelmatch";
import { PNG } from "pngjs";

export type Comparison =
  | { readonly kind: "same" }
  | { readonly kind: "sizes"; readonly expected: string; readonly actual: string }
  | {
      readonly kind: "pixels";
      readonly count: number;
      /** Of all pixels, 0 to 1. */
      readonly ratio: number;
      /** The expected picture, faint, with what differs in red. */
      readonly diff: () => Promise<Uint8Array>;
    };

/** Larger pictures would take too much memory: three of them are held at once, 4 bytes a pixel. */
const PIXELS_MAX = 40_000_000;
const BAND_ROWS = 64;
/** Softened edges are told by the neighbours of neighbours. */
const MARGIN_ROWS = 2;
const RED = [255, 0, 0] as const;
/** How much of the expected picture is left beside what differs. */
const FAINT = 0.15;

/**
 * Compares two PNG files.
 *
 * @param threshold How far a colour may be off, 0 to 1.
 * @throws {Error} When one is no PNG, or has more than 40 million pixels.
 */
export async function comparePictures(
  expected: Uint8Array,
  actual: Uint8Array,
  threshold: number,
): Promise<Comparison> {
  if (Buffer.compare(expected, actual) === 0) return { kind: "same" };
  const [left, right] = [await decode(expected), await decode(actual)];
  if (left.width !== right.width || left.height !== right.height)
    return { kind: "sizes", expected: sizeOf(left), actual: sizeOf(right) };
  const mask = new Uint8Array(left.width * left.height);
  let count = 0;
  for (let row = 0; row < left.height; row += BAND_ROWS) {
    count += compareBand({ left, right, mask, threshold }, row);
    await breathe();
  }
  if (count === 0) return { kind: "same" };
  const ratio = count / (left.width * left.height);
  return { kind: "pixels", count, ratio, diff: () => drawDiff(left, mask) };
}

type Pair = {
  readonly left: PNG;
  readonly right: PNG;
  /** 1 where a pixel differs. */
  readonly mask: Uint8Array;
  readonly threshold: number;
};

/** Marks what differs in the rows from `top` on; says how many pixels. */
function compareBand({ left, right, mask, threshold }: Pair, top: number): number {
  const { width, height } = left;
  const bottom = Math.min(height, top + BAND_ROWS);
  const from = Math.max(0, top - MARGIN_ROWS);
  const to = Math.min(height, bottom + MARGIN_ROWS);
  const bytes = (png: PNG) => png.data.subarray(from * width * 4, to * width * 4);
  const drawn = new Uint8Array((to - from) * width * 4);
  const options = { threshold, diffMask: true, diffColor: [...RED] as [number, number, number] };
  if (pixelmatch(bytes(left), bytes(right), drawn, width, to - from, options) === 0) return 0;
  let count = 0;
  for (let pixel = top * width; pixel < bottom * width; pixel += 1) {
    const at = (pixel - from * width) * 4;
    // What is only a softened edge is drawn in another colour.
    if (drawn[at + 3] !== 255 || drawn[at] !== RED[0] || drawn[at + 1] !== RED[1]) continue;
    mask[pixel] = 1;
    count += 1;
  }
  return count;
}

async function drawDiff(expected: PNG, mask: Uint8Array): Promise<Uint8Array> {
  const { width, height } = expected;
  const diff = new PNG({ width, height });
  for (let row = 0; row < height; row += 1) {
    for (let pixel = row * width; pixel < (row + 1) * width; pixel += 1) {
      const at = pixel * 4;
      const isOff = mask[pixel] === 1;
      for (let part = 0; part < 3; part += 1) {
        const faint = 255 - (255 - (expected.data[at + part] ?? 255)) * FAINT;
        diff.data[at + part] = isOff ? (RED[part] ?? 0) : faint;
      }
      diff.data[at + 3] = 255;
    }
    if (row % BAND_ROWS === 0) await breathe();
  }
  return encode(diff);
}

async function decode(bytes: Uint8Array): Promise<PNG> {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [width, height] =
    head.length < 24 ? [0, 0] : [head.readUInt32BE(16), head.readUInt32BE(20)];
  if (width * height > PIXELS_MAX)
    throw new Error(`a picture of ${width} × ${height} pixels is too large to compare`);
  return new Promise((resolve, reject) => {
    new PNG().parse(head, (error, png) => (error ? reject(error) : resolve(png)));
  });
}

function encode(png: PNG): Promise<Uint8Array> {
  const pieces: Buffer[] = [];
  return new Promise((resolve, reject) => {
    png.on("error", reject);
    png.on("end", () => resolve(Buffer.concat(pieces)));
    // A stream of an older kind: it cannot be iterated.
    png.on("data", (piece: Buffer) => void pieces.push(piece));
    png.pack();
  });
}

const sizeOf = ({ width, height }: PNG): string => `${width} × ${height}`;

/** Lets others have their turn. */
const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
