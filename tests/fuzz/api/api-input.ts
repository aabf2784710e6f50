/** One connection's worth of bytes for the API, made of its seed alone: requests that are nearly right, and some that are not. */
import { gzipSync } from "node:zlib";
import { createRandom, type Random } from "../../sim/random.ts";
import { goldenMessages, suiteTexts } from "../corpus.ts";
import { mutateJson } from "../mutate-json.ts";
import { oddValue } from "../odd-values.ts";
import { headOf } from "./odd-heads.ts";

/** What stands in requests that only the gateway under test knows. */
export type ApiFacts = {
  readonly apiKey: string;
  readonly blobKey: string;
  readonly runId: string;
  readonly nodeId: string;
  readonly sha256: string;
};

export type ApiInput = {
  /** Sent in this order, a moment apart. */
  readonly chunks: readonly Uint8Array[];
  /** The request is not whole: no answer is due before the connection ends. */
  readonly isCut: boolean;
  /** For the answer to a HEAD, which has no body. */
  readonly method: string;
};

const GOLDENS = [...goldenMessages().values()];
const SUITES = suiteTexts();
const METHODS = ["GET", "GET", "GET", "HEAD", "POST", "POST", "POST", "POST", "PUT", "PUT"];
const OTHER_METHODS = [
  "DELETE",
  "PATCH",
  "OPTIONS",
  "TRACE",
  "CONNECT",
  "get",
  "FOO",
  "G".repeat(300),
  "",
  "POST ",
];

const good = {
  suites: [
    {
      file: "s.yaml",
      text: "name: fuzz\ntests:\n  - name: t\n    platform: http\n    steps: [{ wait: 1 }]\n",
      files: [],
    },
  ],
  env: {},
  secrets: {},
  options: { tags: [], allowEmpty: false, skipUnsupported: false },
};

/** @param seed Any text; the same seed and facts make the same input. */
export function makeApiInput(seed: string, facts: ApiFacts): ApiInput {
  const random = createRandom(seed);
  if (random.chance(0.05)) return rawInput(random, facts);
  const method = random.pick(random.chance(0.9) ? METHODS : OTHER_METHODS);
  const path = pathOf(random, facts);
  const body = random.chance(method === "GET" || method === "HEAD" ? 0.1 : 0.85)
    ? bodyOf(random)
    : undefined;
  const head = headOf(random, { facts, method, path, body });
  const bytes = Buffer.concat([Buffer.from(head.text, "latin1"), head.body]);
  const isCut = head.isCut || random.chance(0.05);
  const whole = isCut ? bytes.subarray(0, random.int(0, bytes.length)) : bytes;
  const again = !isCut && random.chance(0.05) ? [whole, whole] : [whole];
  return { chunks: again.flatMap((one) => inChunks(one, random)), isCut, method };
}

function inChunks(bytes: Uint8Array, random: Random): Uint8Array[] {
  if (!random.chance(0.2) || bytes.length < 4) return [bytes];
  const at = random.int(1, bytes.length - 1);
  return [bytes.subarray(0, at), bytes.subarray(at)];
}

const ROUTES: readonly ((facts: ApiFacts) => string)[] = [
  () => "/healthz",
  () => "/readyz",
  () => "/metrics",
  () => "/v1",
  () => "/v1/token",
  () => "/v1/schemas/report.json",
  () => "/v1/runs",
  () => "/v1/runs",
  () => "/v1/runs",
  () => "/v1/join",
  ({ runId }) => `/v1/runs/${runId}`,
  ({ runId }) => `/v1/runs/${runId}/cancel`,
  ({ runId }) => `/v1/runs/${runId}/tests`,
  ({ runId }) => `/v1/runs/${runId}/events`,
  ({ runId }) => `/v1/runs/${runId}/report.json`,
  ({ runId }) => `/v1/runs/${runId}/report.xml`,
  ({ runId }) => `/v1/runs/${runId}/report.html`,
  () => "/v1/nodes",
  () => "/v1/history",
  () => "/v1/history/export",
  () => "/v1/quarantine",
  ({ nodeId }) => `/v1/nodes/${nodeId}/resume`,
  () => "/v1/nodes/nobody/drain",
  ({ sha256 }) => `/v1/blobs/${sha256}`,
  ({ sha256 }) => `/v1/blobs/${sha256}`,
  () => `/v1/blobs/${"a".repeat(64)}`,
];
const PATH_PARTS = [
  "..",
  ".",
  "%2e%2e",
  "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
  "%00",
  "%",
  "%zz",
  "%ff%fe",
  "\\",
  "//",
  "a".repeat(3_000),
  "ä",
  ";x=1",
  "x:y@z",
  "{id}",
  "*",
  "__proto__",
  "constructor",
  "-1",
  "\u0001",
];
const QUERIES = [
  "limit=1",
  "limit=0",
  "limit=-1",
  "limit=NaN",
  "limit=1e3",
  "limit=99999999999999999999",
  "limit=1&limit=2",
  "limit[]=1",
  "after=0",
  "after=1e99",
  "after=9007199254740993",
  "after=-0",
  "before=nobody",
  "before=%00",
  "__proto__=1",
  "a=%",
  "=",
  "&&&",
  `x=${"y".repeat(3_000)}`,
  "after=%20",
  "limit=",
];

function pathOf(random: Random, facts: ApiFacts): string {
  let path = random.pick(ROUTES)(facts);
  if (random.chance(0.25)) {
    const parts = path.split("/");
    parts.splice(random.int(1, parts.length), random.int(0, 1), random.pick(PATH_PARTS));
    path = parts.join("/");
  }
  if (random.chance(0.35))
    path += `?${random.pick(QUERIES)}${random.chance(0.3) ? `&${random.pick(QUERIES)}` : ""}`;
  if (random.chance(0.03)) path = `http://127.0.0.1${path}`;
  if (random.chance(0.02))
    path = random.pick(["*", "", "#", "http://", "ftp://x/", "127.0.0.1:80", "/".repeat(9_000)]);
  return path;
}

function bodyOf(random: Random): Uint8Array {
  const kind = random.int(0, 9);
  if (kind <= 3) return json(mutateJson(submit(random), random, random.int(0, 4)));
  if (kind === 4) return json(mutateJson(random.pick(GOLDENS), random, random.int(0, 3)));
  if (kind === 5) return json(oddValue(random));
  if (kind === 6)
    return Uint8Array.from({ length: random.int(0, 2_000) }, () => random.int(0, 255));
  if (kind === 7) return gzipSync(json(good));
  if (kind === 8)
    return new TextEncoder().encode(`${"[".repeat(random.pick([10, 1_000, 100_000]))}1`);
  return new TextEncoder().encode(
    random.pick([
      "",
      "null",
      "{",
      '{"suites":',
      '"\ud800"',
      '{"a":1}{"b":2}',
      "\u0000",
      '{"suites":[],"suites":[]}',
    ]),
  );
}

function submit(random: Random): unknown {
  if (random.chance(0.5)) return good;
  const suite = {
    file: random.pick(["s.yaml", "../s.yaml", "/etc/passwd", "a\nb.yaml", "s.json"]),
    text: random.pick(SUITES),
    files: [],
  };
  return {
    ...good,
    suites: [suite],
    options: { ...good.options, grep: random.pick(["(a+)+$", "t", "("]), runTimeoutMs: 1_000 },
  };
}

function json(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value) ?? "null");
}

/** What is no HTTP at all. */
function rawInput(random: Random, { apiKey }: ApiFacts): ApiInput {
  const text = random.pick([
    "\r\n\r\n\r\n",
    "\u0016\u0003\u0001\u0002\u0000\u0001",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "GET / HTTP/1.1\n\n",
    "GET /healthz\r\n\r\n",
    `GET /v1/runs HTTP/1.1\r\nAuthorization: Bearer ${apiKey}\r\n`,
    "x".repeat(100_000),
    `GET /${"a".repeat(100_000)} HTTP/1.1\r\n\r\n`,
    `GET / HTTP/1.1\r\n${"X: y\r\n".repeat(5_000)}\r\n`,
    String.fromCharCode(...Array.from({ length: 300 }, () => random.int(0, 255))),
  ]);
  return { chunks: inChunks(Buffer.from(text, "latin1"), random), isCut: true, method: "GET" };
}
