/** Heads of requests that are nearly right, and how their bodies are framed: with lengths that lie, in chunks that are none. */
import type { Random } from "../../sim/random.ts";
import type { ApiFacts } from "./api-input.ts";

type Request = {
  readonly facts: ApiFacts;
  readonly method: string;
  readonly path: string;
  readonly body: Uint8Array | undefined;
};
type Head = { readonly text: string; readonly body: Uint8Array; readonly isCut: boolean };

const ODD_HEADERS: readonly (readonly [string, string])[] = [
  ["Range", "bytes=0-0"],
  ["Range", "bytes=5-1"],
  ["Range", "bytes=-0"],
  ["Range", "bytes=0-0,1-1"],
  ["Range", "bytes=999999999999999-"],
  ["Content-Range", "bytes 0-0/1"],
  ["Content-Range", "bytes 5-1/3"],
  ["Content-Range", "bytes 0-999999999999999/999999999999999"],
  ["Content-Range", "x"],
  ["Upload-Offset", "-1"],
  ["Upload-Offset", "999999999999999"],
  ["Upload-Offset", "1e3"],
  ["Upload-Length", "0"],
  ["Upload-Length", "9999999999999999999"],
  ["Last-Event-ID", "-1"],
  ["Last-Event-ID", "999999999999999"],
  ["Last-Event-ID", "x"],
  ["Idempotency-Key", ""],
  ["Idempotency-Key", "same"],
  ["Idempotency-Key", "k".repeat(300)],
  ["Expect", "100-continue"],
  ["Expect", "nonsense"],
  ["Upgrade", "websocket"],
  ["Upgrade", "h2c"],
  ["Content-Encoding", "gzip"],
  ["Content-Encoding", "br"],
  ["Accept-Encoding", "gzip;q=0, *"],
  ["X-Large", "x".repeat(20_000)],
  ["X-Bytes", "\u00ff\u00fe"],
  ["Cookie", "a=b; ".repeat(100)],
  ["Host", "evil.example"],
  ["Host", ""],
  ["Host", "[::1"],
  ["Transfer-Encoding", "gzip"],
  ["Transfer-Encoding", "identity"],
  ["Origin", "http://evil.example"],
  ["If-None-Match", "*"],
];

/** A request as text up to its body, and the body as it is sent. */
export function headOf(random: Random, { facts, method, path, body }: Request): Head {
  const lines = [
    `${method} ${path} ${random.chance(0.9) ? "HTTP/1.1" : random.pick(["HTTP/1.0", "HTTP/9.9", "http/1.1", ""])}`,
  ];
  if (!random.chance(0.03)) lines.push("Host: 127.0.0.1");
  lines.push(...authorization(random, facts));
  if (body !== undefined && !random.chance(0.1))
    lines.push(
      `Content-Type: ${random.pick(["application/json", "application/json", "application/json", "application/json; charset=utf-8", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/octet-stream", "application/", ";", "application/merge-patch+json"])}`,
    );
  for (let count = random.pick([0, 0, 0, 1, 1, 2, 3]); count > 0; count -= 1) {
    const [name, value] = random.pick(ODD_HEADERS);
    lines.push(`${random.chance(0.1) ? name.toLowerCase() : name}: ${value}`);
  }
  if (random.chance(0.01))
    lines.push(...Array.from({ length: 500 }, (_, index) => `X-${index}: y`));
  if (random.chance(0.02))
    lines.push(
      random.pick(["no colon", ": no name", " folded", "Bad Name: x", "X: a\u0000b", "\u0001: x"]),
    );
  lines.push("Connection: close");
  const framed = frame(body, random);
  return {
    text: `${[...lines, ...framed.lines].join("\r\n")}\r\n\r\n`,
    body: framed.body,
    isCut: framed.isCut,
  };
}

function authorization(random: Random, facts: ApiFacts): string[] {
  if (!random.chance(0.15)) return [`Authorization: Bearer ${facts.apiKey}`];
  return random.pick([
    [],
    ["Authorization: Bearer wrong"],
    [`Authorization: Bearer ${facts.blobKey}`],
    [`Authorization: Basic ${facts.apiKey}`],
    ["Authorization:"],
    [`Authorization: Bearer ${"x".repeat(5_000)}`],
    [`Authorization: Bearer ${facts.apiKey}`, "Authorization: Bearer wrong"],
  ]);
}

type Framed = {
  readonly lines: readonly string[];
  readonly body: Uint8Array;
  readonly isCut: boolean;
};

function frame(body: Uint8Array | undefined, random: Random): Framed {
  const none = new Uint8Array();
  if (body === undefined) return { lines: [], body: none, isCut: false };
  const length = `Content-Length: ${body.length}`;
  switch (random.int(0, 19)) {
    case 0:
      return { lines: [`Content-Length: ${body.length + 10}`], body, isCut: true };
    case 1:
      return {
        lines: [
          `Content-Length: ${random.pick(["-1", "x", "1e3", "99999999999999999999", "+5", ""])}`,
        ],
        body,
        isCut: true,
      };
    case 2:
      return { lines: [length, "Content-Length: 3"], body, isCut: true };
    case 3:
      return { lines: [length, "Transfer-Encoding: chunked"], body, isCut: true };
    case 4:
      return { lines: ["Transfer-Encoding: chunked"], body, isCut: true };
    case 5:
      return {
        lines: ["Transfer-Encoding: chunked"],
        body: chunked(body, random.pick(["zz", "-1", "ffffffffffffffff", "5;x=y", "0x5"])),
        isCut: true,
      };
    case 6:
    case 7:
      return {
        lines: ["Transfer-Encoding: chunked"],
        body: chunked(body, body.length.toString(16)),
        isCut: false,
      };
    case 8:
      // 1 GB that never comes: refused by its length where a submit is due.
      return { lines: ["Content-Length: 1073741824"], body, isCut: true };
    default:
      return { lines: [length], body, isCut: false };
  }
}

function chunked(body: Uint8Array, size: string): Uint8Array {
  if (body.length === 0) return Buffer.from("0\r\n\r\n");
  return Buffer.concat([Buffer.from(`${size}\r\n`), body, Buffer.from("\r\n0\r\n\r\n")]);
}
