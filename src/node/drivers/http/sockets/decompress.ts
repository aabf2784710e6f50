/** A body without its content-encoding, in pieces, as a fetch gives it. */
import { PassThrough, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";

/** Encodings on top of each other; servers use one. */
const LAYERS_MAX = 5;

const DECODERS: Readonly<Record<string, () => NodeJS.ReadWriteStream & Readable>> = {
  gzip: createGunzip,
  "x-gzip": createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/** @throws {Error} While it is read: an encoding that nobody asked for, or bytes that are none of it. */
export async function* decompressed(
  body: Readable,
  headers: Headers,
): AsyncGenerator<Uint8Array, void> {
  const encodings = (headers.get("content-encoding") ?? "")
    .toLowerCase()
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "" && one !== "identity");
  const source = body[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  const first = await source.next();
  // Nothing at all is no broken gzip.
  if (first.done === true) return;
  const whole = rest(first.value, source);
  if (encodings.length === 0) yield* whole;
  else yield* decode(whole, encodings);
}

async function* rest(
  first: Uint8Array,
  source: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  yield first;
  for (let next = await source.next(); next.done !== true; next = await source.next())
    yield next.value;
}

async function* decode(
  whole: AsyncIterable<Uint8Array>,
  encodings: readonly string[],
): AsyncGenerator<Uint8Array, void> {
  const decoders = encodings.map((encoding) => DECODERS[encoding]).reverse();
  const unknown = encodings.find((encoding) => DECODERS[encoding] === undefined);
  if (unknown !== undefined || encodings.length > LAYERS_MAX)
    throw new Error(`the body has the content-encoding ${encodings.join(", ")}, which is not read`);
  const out = new PassThrough();
  const streams = decoders.flatMap((make) => (make === undefined ? [] : [make()]));
  const done = pipeline([Readable.from(whole), ...streams, out]);
  // A fault ends what is read here, which throws it.
  done.catch((thrown: unknown) => out.destroy(thrown as Error));
  yield* out;
  await done;
}
