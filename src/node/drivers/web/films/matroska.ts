/**
 * Pure: a Matroska stream of JPEG pictures, each with its time. The one way to hand pictures of uneven times to ffmpeg by a
 * pipe: a list of files would do too, but an ffmpeg whose node was killed would then work on, and here its input just ends.
 * Element numbers: RFC 9559.
 */

export type PictureSize = { readonly width: number; readonly height: number };

/** What a stream begins with. `tickMs` is the time that one picture lasts at least: the frame rate that ffmpeg assumes. */
export function streamHead(size: PictureSize, tickMs: number): Uint8Array {
  const head = element(
    0x1a45dfa3,
    join([
      element(0x4282, text("matroska")),
      element(0x4287, number(4)),
      element(0x4285, number(2)),
    ]),
  );
  const info = element(0x1549a966, element(0x2ad7b1, number(NANOSECONDS_IN_MS)));
  const video = join([element(0xb0, number(size.width)), element(0xba, number(size.height))]);
  const track = join([
    element(0xd7, number(TRACK)),
    element(0x73c5, number(TRACK)),
    element(0x83, number(VIDEO)),
    element(0x86, text("V_MJPEG")),
    element(0x23e383, number(tickMs * NANOSECONDS_IN_MS)),
    element(0xe0, video),
  ]);
  const tracks = element(0x1654ae6b, element(0xae, track));
  return join([head, SEGMENT_OF_UNKNOWN_SIZE, info, tracks]);
}

/** One picture at its time, whole milliseconds from the stream's start; in a cluster of its own, so that no time is too far. */
export function streamPicture(jpeg: Uint8Array, atMs: number): Uint8Array {
  const block = element(0xa3, join([Uint8Array.of(0x80 | TRACK, 0, 0, KEY_FRAME), jpeg]));
  return element(0x1f43b675, join([element(0xe7, number(atMs)), block]));
}

const NANOSECONDS_IN_MS = 1_000_000;
const TRACK = 1;
const VIDEO = 1;
const KEY_FRAME = 0x80;
const SEGMENT_OF_UNKNOWN_SIZE = Uint8Array.of(
  ...[0x18, 0x53, 0x80, 0x67],
  ...[0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
);

function element(id: number, content: Uint8Array): Uint8Array {
  const size = new Uint8Array(8);
  new DataView(size.buffer).setBigUint64(0, BigInt(content.length));
  // The leading one says that the size takes eight bytes.
  size[0] = 0x01;
  return join([number(id), size, content]);
}

/** Big-endian, without leading zeros. */
function number(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; rest > 0 || bytes.length === 0; rest = Math.floor(rest / 256))
    bytes.unshift(rest % 256);
  return Uint8Array.from(bytes);
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

function join(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
