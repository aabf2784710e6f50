/** A server of WebSockets and server-sent events, written apart from the client: its frames are put together by hand. */
import { createHash } from "node:crypto";
import type { EventEmitter } from "node:events";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";

export type Peer = {
  readonly headers: IncomingMessage["headers"];
  /** Sends a frame: by default a whole text. */
  readonly send: (payload: string | Buffer, first?: number) => void;
  /** Sends bytes as they are. */
  readonly raw: (bytes: Buffer) => void;
  readonly socket: Duplex;
};

/** What a path does when a socket is opened, and with each text that comes. */
export type Script = {
  readonly open?: (peer: Peer) => void;
  readonly text?: (peer: Peer, text: string) => void;
  readonly pong?: (peer: Peer) => void;
  readonly binary?: (peer: Peer, bytes: Buffer) => void;
  /** Absent: it is answered. */
  readonly close?: (peer: Peer, code: number) => void;
  readonly protocol?: string;
  /** Instead of opening it. */
  readonly refuse?: string;
};

export type StreamSite = {
  readonly port: number;
  readonly open: () => number;
  readonly close: () => Promise<void>;
};

/** Adds the sockets of `scripts` by path to a server. */
export function withSockets(
  server: Pick<EventEmitter, "on">,
  scripts: Readonly<Record<string, Script>>,
): () => number {
  let open = 0;
  server.on("upgrade", (request: IncomingMessage, socket: Duplex) => {
    const script = scripts[new URL(request.url ?? "/", "http://site").pathname];
    if (script?.refuse !== undefined || script === undefined)
      return void socket.end(script?.refuse ?? "HTTP/1.1 404 Not Found\r\n\r\n");
    open += 1;
    socket.on("close", () => {
      open -= 1;
    });
    // An upgraded socket stays half open by itself.
    socket.on("end", () => socket.end());
    socket.on("error", () => undefined);
    const key = `${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = createHash("sha1").update(key).digest("base64");
    const protocol =
      script.protocol === undefined ? "" : `Sec-WebSocket-Protocol: ${script.protocol}\r\n`;
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n${protocol}Set-Cookie: seen=1; Path=/\r\n\r\n`,
    );
    talk(request, socket, script);
  });
  return () => open;
}

function talk(request: IncomingMessage, socket: Duplex, script: Script): void {
  const raw = (bytes: Buffer) => void socket.write(bytes);
  const send: Peer["send"] = (payload, first = 0x81) =>
    raw(frame(Buffer.from(payload as string), first));
  const peer: Peer = { headers: request.headers, send, raw, socket };
  let seen: Buffer = Buffer.alloc(0);
  socket.on("data", (piece: Buffer) => {
    seen = Buffer.concat([seen, piece]);
    for (let one = unframe(seen); one !== undefined; one = unframe(seen)) {
      seen = one.rest;
      react(script, peer, one);
    }
  });
  script.open?.(peer);
}

function react(
  script: Script,
  peer: Peer,
  { opcode, payload }: { opcode: number; payload: Buffer },
) {
  if (opcode === 1) script.text?.(peer, payload.toString());
  if (opcode === 2) script.binary?.(peer, payload);
  if (opcode === 10) script.pong?.(peer);
  if (opcode !== 8) return;
  const code = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
  if (script.close !== undefined) script.close(peer, code);
  else peer.send(payload, 0x88);
}

function frame(payload: Buffer, first: number): Buffer {
  const { length } = payload;
  if (length < 126) return Buffer.concat([Buffer.from([first, length]), payload]);
  if (length < 65_536) {
    const head = Buffer.from([first, 126, length >> 8, length & 0xff]);
    return Buffer.concat([head, payload]);
  }
  const head = Buffer.alloc(10);
  head[0] = first;
  head[1] = 127;
  head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, payload]);
}

/** A client's frame, which must be masked. */
function unframe(seen: Buffer) {
  if (seen.length < 6) return undefined;
  const short = (seen[1] ?? 0) & 0x7f;
  const start = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (seen.length < start + 4) return undefined;
  const length =
    short < 126 ? short : short === 126 ? seen.readUInt16BE(2) : Number(seen.readBigUInt64BE(2));
  if (((seen[1] ?? 0) & 0x80) === 0) throw new Error("a client's frame is not masked");
  if (seen.length < start + 4 + length) return undefined;
  const mask = seen.subarray(start, start + 4);
  const payload = Buffer.from(
    seen
      .subarray(start + 4, start + 4 + length)
      .map((byte, index) => byte ^ (mask[index % 4] ?? 0)),
  );
  return { opcode: (seen[0] ?? 0) & 0x0f, payload, rest: seen.subarray(start + 4 + length) };
}

/** Serves sockets by path, and everything else by `listener`. */
export async function serveStreams(
  scripts: Readonly<Record<string, Script>>,
  listener: RequestListener = (_, response) => void response.writeHead(404).end(),
): Promise<StreamSite> {
  const server = createServer(listener);
  const open = withSockets(server, scripts);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    server.closeAllConnections();
    server.close();
  };
  return { port, open, close };
}

/** A `ws` step. */
export const ws = (act: object) => ({ kind: "ws", act });
/** An `sse` step. */
export const sse = (act: object) => ({ kind: "sse", act });
/** Opens a stream. */
export const connect = (url: string, more: object = {}) => ({ do: "connect", url, ...more });
/** Waits for a message. */
export const receive = (checks: readonly object[], more: object = {}) => ({
  do: "receive",
  checks,
  ...more,
});
/** Demands a text. */
export const textIs = (equals: string) => ({ of: { part: "text" }, matcher: { equals } });
/** Sends a text. */
export const sendText = (text: string) => ws({ do: "send", message: { kind: "text", text } });
