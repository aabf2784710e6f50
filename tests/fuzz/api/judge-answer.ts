/** What must hold for every answer of the API: none of ours fails, and each refusal says what it is. */
import { Problem } from "#proto/api.ts";
import type { ApiInput } from "./api-input.ts";
import type { Exchanged } from "./exchange.ts";

export type ApiAnswer = "accepted" | "refused" | "unanswered";

type Head = {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly bodyStart: number;
};

/** The runtime's parser refuses before we hear of it, without a body. */
const PARSER_STATUSES: ReadonlySet<number> = new Set([400, 413, 414, 431, 505]);

/** Whether an answer is there as far as it is waited for; one without a length ends with its connection, a stream never. */
export function isWholeAnswer(bytes: Uint8Array, method: string): boolean {
  const head = headOf(bytes);
  if (head === undefined || head.status < 200) return false;
  const length = head.headers.get("content-length");
  if (head.headers.get("content-type")?.startsWith("text/event-stream")) return true;
  if (method === "HEAD" || head.status === 204 || head.status === 304) return true;
  return length !== undefined && bytes.length - head.bodyStart >= Number(length);
}

/** @throws {Error} With what does not hold. */
export function judgeAnswer(input: ApiInput, exchanged: Exchanged): ApiAnswer {
  const head = headOf(exchanged.bytes);
  if (head === undefined) {
    if (!exchanged.isEnded) throw new Error(`No answer, and the connection stays open`);
    if (!input.isCut && exchanged.bytes.length > 0) throw new Error("An answer that is no HTTP");
    return "unanswered";
  }
  const { status } = head;
  const type = head.headers.get("content-type");
  if (type === undefined && PARSER_STATUSES.has(status)) return "refused";
  if (status >= 500) throw new Error(`Status ${status}: ${textFrom(exchanged.bytes, 0)}`);
  if (status < 400) return "accepted";
  if (type !== "application/problem+json")
    throw new Error(`Status ${status} without a problem: ${textFrom(exchanged.bytes, 0)}`);
  if (input.method !== "HEAD" && exchanged.bytes.length > head.bodyStart)
    checkProblem(head, exchanged);
  return "refused";
}

function checkProblem({ bodyStart, status, headers }: Head, { bytes }: Exchanged): void {
  const length = Number(headers.get("content-length") ?? bytes.length - bodyStart);
  const text = new TextDecoder().decode(bytes.subarray(bodyStart, bodyStart + length));
  const problem = Problem.parse(JSON.parse(text));
  if (problem.status !== status)
    throw new Error(`Status ${status} is ${problem.status} in its body`);
  if (problem.code === "" || !/^[A-Z]/.test(problem.detail ?? ""))
    throw new Error(`A problem that says nothing: ${text}`);
  if (/\n\s+at |node_modules|\.ts:\d/.test(text))
    throw new Error(`A problem with a stack: ${text}`);
}

function headOf(bytes: Uint8Array): Head | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 65_536)).toString(
    "latin1",
  );
  let start = 0;
  for (let found = /^HTTP\/1\.1 100 .*\r\n\r\n/.exec(text); found !== null; found = null)
    start = found[0].length;
  const end = text.indexOf("\r\n\r\n", start);
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(text.slice(start))?.[1];
  if (end === -1 || status === undefined) return undefined;
  const headers = new Map<string, string>();
  for (const line of text.slice(start, end).split("\r\n").slice(1)) {
    const colon = line.indexOf(":");
    headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return { status: Number(status), headers, bodyStart: end + 4 };
}

const textFrom = (bytes: Uint8Array, start: number): string =>
  new TextDecoder().decode(bytes.subarray(start, start + 1_000));
