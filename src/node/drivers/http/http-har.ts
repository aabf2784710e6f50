/** `network.har` of an http attempt: every hop of its `request` and `graphql` steps; streams are not in it. */
import { messageOf } from "#shared/errors.ts";
import type { Ending, SessionOptions } from "../driver.ts";
import { type HarBody, type HarCall, type HarHeader, harText } from "../har/har.ts";
import type { HopSeen } from "./exchange.ts";

const NAME = "network.har";
const CALLS_MAX = 2_000;
const BODY_BYTES_MAX = 256 * 1024;
const BODIES_BYTES_MAX = 16 * 1024 * 1024;
const TEXT_TYPES = /^text\/|json|xml|javascript|x-www-form-urlencoded|multipart|graphql/i;

export class HttpHar {
  readonly #options: SessionOptions;
  readonly #calls: HarCall[] = [];
  #leftOut = 0;
  #bodiesBytes = 0;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** Keeps a hop; bounded. */
  note({ sent, answer, body, startMs, waitMs, totalMs, error }: HopSeen): void {
    if (this.#calls.length >= CALLS_MAX) {
      this.#leftOut += 1;
      return;
    }
    this.#calls.push({
      startMs,
      ...{ method: sent.method, url: sent.url, error, httpVersion: "HTTP/1.1" },
      headers: headersOf(sent.headers),
      ...{ headersSize: -1, bodySize: sent.text === undefined ? -1 : Buffer.byteLength(sent.text) },
      ...(sent.text === undefined
        ? {}
        : { body: this.#bodyOf(sent.headers, Buffer.from(sent.text)) }),
      timings: {
        ...{ blocked: -1, dns: -1, connect: -1, ssl: -1, send: 0 },
        ...{ wait: waitMs, receive: Math.max(0, totalMs - waitMs) },
      },
      ...(answer === undefined
        ? {}
        : {
            answer: {
              ...{ status: answer.status, statusText: answer.statusText, httpVersion: "HTTP/1.1" },
              headers: headersOf(answer.headers),
              body: this.#bodyOf(answer.headers, body),
              redirectUrl: redirectOf(answer),
              ...{ headersSize: -1, bodySize: body?.byteLength ?? -1 },
            },
          }),
    });
  }

  /** Hands the file over where the policy keeps it. Never throws. */
  conclude({ status }: Pick<Ending, "status">): void {
    const { evidence, redactor, attach, miss } = this.#options;
    if (evidence.har !== "on" && status !== "failed") return;
    try {
      const notes = [
        "What was said over streams is not in it",
        ...(this.#leftOut > 0 ? [`${this.#leftOut} more requests were left out`] : []),
      ];
      const text = harText({ pages: [], calls: this.#calls, notes }, redactor);
      attach({ name: NAME, kind: "har", bytes: new TextEncoder().encode(text) });
    } catch (thrown) {
      const reason = `Not kept: ${redactor.text(messageOf(thrown))}`;
      miss({ name: NAME, kind: "har", reason });
    }
  }

  #bodyOf(headers: Headers, bytes: Uint8Array | undefined): HarBody {
    const mimeType = headers.get("content-type") ?? "x-unknown";
    if (bytes === undefined) return { mimeType, size: -1, leftOut: "The body was not read" };
    const size = bytes.byteLength;
    if (size === 0) return { mimeType, size };
    const why = this.#whyLeftOut(mimeType, size);
    if (why !== undefined) return { mimeType, size, leftOut: `The body was left out: ${why}` };
    this.#bodiesBytes += size;
    return { mimeType, size, text: new TextDecoder().decode(bytes) };
  }

  #whyLeftOut(mimeType: string, size: number): string | undefined {
    if (!TEXT_TYPES.test(mimeType)) return "not text";
    if (size > BODY_BYTES_MAX) return `over ${BODY_BYTES_MAX} bytes`;
    if (this.#bodiesBytes + size > BODIES_BYTES_MAX)
      return `all bodies together are over ${BODIES_BYTES_MAX} bytes`;
    return undefined;
  }
}

const headersOf = (headers: Headers): HarHeader[] => {
  const others = [...headers].filter(([name]) => name !== "set-cookie");
  const cookies = headers.getSetCookie().map((value) => ["set-cookie", value] as const);
  return [...others, ...cookies].map(([name, value]) => ({ name, value }));
};

const redirectOf = ({ status, headers }: { status: number; headers: Headers }): string =>
  status >= 300 && status < 400 ? (headers.get("location") ?? "") : "";
