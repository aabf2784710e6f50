/**
 * A WebSocket client over our own connections, so that certificates, proxies and cookies are as of any request, and a
 * server that refuses is told by its status. Why none of others: Node 20 has none by itself, and Bun puts its own in place of
 * the usual library, which says nothing of a refused opening (1.4, 2026-11).
 */
import { createHash, randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import { connect, type Goal } from "../sockets/connect.ts";
import { encodeFrame, type Frame, FrameError, FrameReader, OPCODE } from "./frames.ts";
import { Inbox, MESSAGE_BYTES_MAX } from "./inbox.ts";
import { type Opened, readHead } from "./opening.ts";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/** No status came with the closing. */
const NO_CODE = 1005;
/** There was no closing: the connection broke off. */
const BROKEN = 1006;

export type Opening = Goal & {
  readonly headers: Headers;
  readonly protocols: readonly string[];
  /** Told of the answer's head before it is judged. */
  readonly onHead: (head: Opened) => Promise<void>;
};

/** Opens one. @throws {Error} With the reason, when the server does not. */
export async function openWebSocket(opening: Opening): Promise<WebSocketClient> {
  const { socket } = await connect(opening);
  const abort = () => socket.destroy();
  opening.signal.addEventListener("abort", abort, { once: true });
  try {
    const key = randomBytes(16).toString("base64");
    socket.write(requestHead(opening, key));
    const head = await readHead(socket);
    await opening.onHead(head);
    judge(head, key, opening.protocols);
    return new WebSocketClient(socket, head);
  } catch (thrown) {
    socket.destroy();
    throw thrown;
  } finally {
    opening.signal.removeEventListener("abort", abort);
  }
}

function requestHead({ url, headers, protocols }: Opening, key: string): string {
  const own = new Headers(headers);
  own.set("host", url.host);
  own.set("connection", "Upgrade");
  own.set("upgrade", "websocket");
  own.set("sec-websocket-version", "13");
  own.set("sec-websocket-key", key);
  if (protocols.length > 0) own.set("sec-websocket-protocol", protocols.join(", "));
  const lines = [...own].map(([name, value]) => `${name}: ${value}`);
  return [`GET ${url.pathname}${url.search} HTTP/1.1`, ...lines, "", ""].join("\r\n");
}

function judge(
  { status, statusText, headers }: Opened,
  key: string,
  protocols: readonly string[],
): void {
  if (status !== 101) throw new Error(`the server answered ${status} ${statusText}`.trim());
  const accepted = createHash("sha1")
    .update(key + GUID)
    .digest("base64");
  if (headers.get("sec-websocket-accept") !== accepted)
    throw new Error("the server's answer is none to a WebSocket's opening");
  const chosen = headers.get("sec-websocket-protocol");
  if (chosen !== null && !protocols.includes(chosen))
    throw new Error(
      `the server chose the protocol ${JSON.stringify(chosen)}, which nobody asked for`,
    );
  if (headers.get("sec-websocket-extensions") !== null)
    throw new Error("the server uses an extension that nobody asked for");
}

export class WebSocketClient {
  readonly inbox = new Inbox();
  readonly #socket: Socket;
  readonly #reader = new FrameReader(MESSAGE_BYTES_MAX);
  #parts: { readonly opcode: number; readonly payloads: Uint8Array[]; bytes: number } | undefined;
  #isClosing = false;

  constructor(socket: Socket, { rest }: Opened) {
    this.#socket = socket;
    socket.on("data", (piece: Uint8Array) => this.#take(piece));
    socket.on("error", (thrown: Error) =>
      this.#end(BROKEN, `the connection broke off: ${thrown.message}`),
    );
    socket.on("close", () =>
      this.#end(BROKEN, "the server ended the connection without closing it"),
    );
    if (rest.length > 0) this.#take(rest);
    socket.resume();
  }

  /** Sends a message. */
  send(content: string | Uint8Array): void {
    const isText = typeof content === "string";
    this.inbox.note(isText ? `> ${content}` : `> ${content.length} bytes`);
    this.#write(isText ? OPCODE.text : OPCODE.binary, isText ? Buffer.from(content) : content);
  }

  /** Says that it closes; the server's answer ends it. */
  close(code: number, reason: string): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.inbox.note(`> close ${code} ${reason}`.trim());
    const payload = Buffer.concat([Buffer.alloc(2), Buffer.from(reason)]);
    payload.writeUInt16BE(code, 0);
    this.#write(OPCODE.close, payload.subarray(0, 125));
  }

  /** Ends it at once. */
  destroy(): void {
    this.#socket.destroy();
  }

  #write(opcode: number, payload: Uint8Array): void {
    if (!this.#socket.destroyed) this.#socket.write(encodeFrame(opcode, payload, randomBytes(4)));
  }

  #take(piece: Uint8Array): void {
    try {
      for (const frame of this.#reader.read(piece)) this.#obey(frame);
    } catch (thrown) {
      if (!(thrown instanceof FrameError)) throw thrown;
      this.close(thrown.code, "");
      this.#end(thrown.code, `it was closed because ${thrown.message}`);
      this.#socket.destroy();
    }
  }

  #obey(frame: Frame): void {
    if (this.inbox.end !== undefined) return;
    switch (frame.opcode) {
      case OPCODE.ping:
        return this.#write(OPCODE.pong, frame.payload);
      case OPCODE.pong:
        return undefined;
      case OPCODE.close:
        return this.#closeBack(frame.payload);
      default:
        return this.#join(frame);
    }
  }

  #join({ opcode, isLast, payload }: Frame): void {
    if ((opcode === OPCODE.more) !== (this.#parts !== undefined))
      throw new FrameError(1002, "the parts of a message are out of order");
    this.#parts ??= { opcode, payloads: [], bytes: 0 };
    this.#parts.payloads.push(payload);
    this.#parts.bytes += payload.length;
    if (this.#parts.bytes > MESSAGE_BYTES_MAX)
      throw new FrameError(1009, `a message is larger than ${MESSAGE_BYTES_MAX} bytes`);
    if (!isLast) return;
    const bytes = Buffer.concat(this.#parts.payloads);
    const isText = this.#parts.opcode === OPCODE.text;
    this.#parts = undefined;
    if (isText) this.inbox.push({ text: decode(bytes) });
    else this.inbox.push({ text: bytes.toString("utf8"), bytes });
  }

  #closeBack(payload: Uint8Array): void {
    const bytes = Buffer.from(payload);
    const code = bytes.length >= 2 ? bytes.readUInt16BE(0) : NO_CODE;
    const reason = bytes.subarray(2).toString("utf8");
    if (!this.#isClosing) this.#write(OPCODE.close, payload);
    const shown = code === NO_CODE ? "" : ` with ${code}`;
    const by = this.#isClosing ? "it was closed" : "the server closed it";
    this.#end(code, `${by}${shown}${reason === "" ? "" : ` (${JSON.stringify(reason)})`}`);
    this.#socket.end();
  }

  #end(code: number, reason: string): void {
    this.inbox.close({ code, reason });
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new FrameError(1007, "a text message is no UTF-8");
  }
}
