/** WebSocket frames (RFC 6455, section 5) for a client: its own are masked, the server's must not be. Pure. */

export const OPCODE = { more: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export type Frame = {
  readonly opcode: number;
  readonly isLast: boolean;
  readonly payload: Uint8Array;
};

/** The other side does not obey the protocol; `code` is what it is told. */
export class FrameError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

const CONTROL_BYTES_MAX = 125;

/** One whole frame, masked by `mask` of four bytes. */
export function encodeFrame(opcode: number, payload: Uint8Array, mask: Uint8Array): Uint8Array {
  const { length } = payload;
  const extra = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const frame = Buffer.alloc(2 + extra + 4 + length);
  frame[0] = 0x80 | opcode;
  frame[1] = 0x80 | (extra === 0 ? length : extra === 2 ? 126 : 127);
  if (extra === 2) frame.writeUInt16BE(length, 2);
  if (extra === 8) frame.writeBigUInt64BE(BigInt(length), 2);
  frame.set(mask, 2 + extra);
  for (let index = 0; index < length; index += 1)
    frame[6 + extra + index] = (payload[index] ?? 0) ^ (mask[index % 4] ?? 0);
  return frame;
}

/** Takes bytes as they come and gives the frames that are complete. */
export class FrameReader {
  readonly #payloadBytesMax: number;
  #parts: Uint8Array[] = [];
  #length = 0;

  constructor(payloadBytesMax: number) {
    this.#payloadBytesMax = payloadBytesMax;
  }

  /** @throws {FrameError} When what came is no frame, or one is too large. */
  read(piece: Uint8Array): readonly Frame[] {
    this.#parts.push(piece);
    this.#length += piece.length;
    const frames: Frame[] = [];
    for (let frame = this.#next(); frame !== undefined; frame = this.#next()) frames.push(frame);
    return frames;
  }

  #next(): Frame | undefined {
    if (this.#length < 2) return undefined;
    const head = this.#peek(10);
    const payloadLength = lengthIn(head);
    if (payloadLength === undefined) return undefined;
    const { start, length } = payloadLength;
    checkHead(head, length);
    if (length > this.#payloadBytesMax)
      throw new FrameError(1009, `a message is larger than ${this.#payloadBytesMax} bytes`);
    if (this.#length < start + length) return undefined;
    const whole = this.#whole();
    const payload = whole.subarray(start, start + length);
    const left = whole.subarray(start + length);
    this.#parts = left.length === 0 ? [] : [left];
    this.#length = left.length;
    const first = head[0] ?? 0;
    return { opcode: first & 0x0f, isLast: (first & 0x80) !== 0, payload };
  }

  /** The first bytes, without joining everything for each piece that comes. */
  #peek(count: number): Buffer {
    const [first] = this.#parts;
    return first !== undefined && first.length >= count ? viewOf(first) : this.#whole();
  }

  /** All that waits, joined once: of many small frames in one piece, none is copied. */
  #whole(): Buffer {
    const [first] = this.#parts;
    if (first !== undefined && this.#parts.length === 1) return viewOf(first);
    const whole = Buffer.concat(this.#parts);
    this.#parts = [whole];
    return whole;
  }
}

const viewOf = (bytes: Uint8Array): Buffer =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);

function lengthIn(head: Buffer): { start: number; length: number } | undefined {
  const short = (head[1] ?? 0) & 0x7f;
  if (short < 126) return { start: 2, length: short };
  if (short === 126)
    return head.length < 4 ? undefined : { start: 4, length: head.readUInt16BE(2) };
  if (head.length < 10) return undefined;
  const long = head.readBigUInt64BE(2);
  return { start: 10, length: long > 2n ** 40n ? Number.MAX_SAFE_INTEGER : Number(long) };
}

function checkHead(head: Buffer, length: number): void {
  const [first = 0, second = 0] = head;
  const opcode = first & 0x0f;
  if ((first & 0x70) !== 0)
    throw new FrameError(1002, "a frame uses an extension that nobody asked for");
  if ((second & 0x80) !== 0) throw new FrameError(1002, "a frame of the server is masked");
  if (![0, 1, 2, 8, 9, 10].includes(opcode))
    throw new FrameError(1002, `a frame has the unknown opcode ${opcode}`);
  const isWhole = (first & 0x80) !== 0;
  if (opcode >= 8 && (!isWhole || length > CONTROL_BYTES_MAX))
    throw new FrameError(1002, "a control frame is too large or in parts");
}
