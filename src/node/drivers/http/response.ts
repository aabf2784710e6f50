/** The last response of an attempt: its text and JSON, what `expect` and `save` read from it, and its artifact. */
import { createHash } from "node:crypto";
import type { z } from "zod";
import type { Json } from "#proto/matcher.ts";
import type { RESPONSE_SUBJECTS, TimingPhase } from "#proto/steps/response.ts";
import type { Demand, Subject } from "#proto/steps/subject.ts";
import { messageOf } from "#shared/errors.ts";
import { queryJsonPath } from "#shared/json-path.ts";
import type { Redactor } from "#shared/redactor.ts";
import { type Evidence, StepError } from "../driver.ts";
import { checkMatcher, describeMatcher, showValue } from "../matcher.ts";
import { describeStatus, isStatusMet } from "../status.ts";
import type { SentRequest } from "./exchange.ts";
import type { Timings } from "./sending.ts";

export type HttpResponse = {
  readonly method: string;
  /** What was asked in the end. */
  readonly sent?: SentRequest;
  /** Where it came from in the end, after redirects. */
  readonly url: string;
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  /** Of one that went into a file, its beginning. */
  readonly body: Uint8Array;
  /** The file that the body went into. */
  readonly kept?: { readonly name: string; readonly bytes: number; readonly sha256: string };
  /** From the first request to the last byte of the body. */
  readonly durationMs: number;
  /** The redirects on the way, as `302 http://…`. */
  readonly redirects: readonly string[];
  /** Absent: the request did not measure them. */
  readonly timings?: Timings;
};

/** Subjects that are read from a response, on every platform. */
export type ResponseSubject = Extract<
  Subject,
  | { of: "header" | "json" }
  | { of: "body" | "status" | "durationMs" | "url" | "title" }
  | OfResponse
>;
type OfResponse = z.infer<(typeof RESPONSE_SUBJECTS)[number]>;

type Reading = { readonly value: Json | undefined } | { readonly fault: string };

const ARTIFACT_BYTES_MAX = 256 * 1024;
const SEARCHED_MAX = 4 * ARTIFACT_BYTES_MAX;
const SHOWN_BODY_MAX = 120;

/** What is text by nature. */
const TEXTS: ReadonlySet<string> = new Set([
  "header",
  "body",
  "contentType",
  "cookie",
  "responseUrl",
  "sha256",
]);
const OF_RESPONSE: ReadonlySet<string> = new Set([
  "body",
  "status",
  "header",
  "json",
  "durationMs",
  "bytes",
  "sha256",
  "contentType",
  "redirects",
  "responseUrl",
  "cookie",
  "timing",
  "schema",
  "openapi",
  "bodyFile",
] satisfies readonly Subject["of"][]);

/** True for a subject that is of the last response and not of a page. */
export function isOfResponse(subject: Subject): subject is ResponseSubject {
  return OF_RESPONSE.has(subject.of);
}

/** Checks one demand on a response; the text of its failure, or undefined when it is met. */
export function checkResponse(
  demand: Demand & { readonly found?: Json | undefined },
  response: HttpResponse,
): string | undefined {
  const { subject } = demand;
  const name = nameOf(subject);
  if (demand.status !== undefined) {
    if (isStatusMet(demand.status, response.status)) return undefined;
    return `Expected ${name} ${describeStatus(demand.status)}, got ${response.status}`;
  }
  const matcher = demand.matcher ?? { exists: true };
  const options = { asText: TEXTS.has(subject.of) };
  const reading = "found" in demand ? { value: demand.found } : readResponse(subject, response);
  if ("fault" in reading) {
    return `Expected ${name} ${describeMatcher(matcher, options)}, but ${reading.fault}`;
  }
  const result = checkMatcher(matcher, reading.value, options);
  if (result.ok) return undefined;
  return `Expected ${name} ${result.text}, got ${showValue(reading.value)}`;
}

/**
 * Reads the value that a `save` keeps.
 *
 * @throws {StepError} When there is nothing at that place.
 */
export function saveFromResponse(subject: Subject, response: HttpResponse): Json {
  const reading = readResponse(subject, response);
  if ("fault" in reading) {
    throw new StepError("failed", "save", `Cannot save ${nameOf(subject)}: ${reading.fault}`);
  }
  if (reading.value === undefined) {
    const text = `Cannot save ${nameOf(subject)}: the response of ${nameRequest(response)} has none`;
    throw new StepError("failed", "save", text);
  }
  return reading.value;
}

/** `GET http://… (404)`: which exchange a failure is about. */
export function nameRequest(response: HttpResponse): string {
  return `${response.method} ${response.url} (status ${response.status})`;
}

/** The response as a file for people: status line, headers, body; masked, then cut with a note. */
export function toEvidence(response: HttpResponse, redactor: Redactor): Evidence {
  const head = [
    `${response.method} ${response.url}`,
    ...response.redirects.map((redirect) => `redirected by ${redirect}`),
    `${response.status} ${response.statusText}`.trim(),
    ...[...response.headers].map(([name, value]) => `${name}: ${value}`),
  ];
  const whole = `${head.join("\n")}\n\n${textOf(response)}`;
  // Masking takes time, and little of a long body is kept.
  const searched = whole.length <= SEARCHED_MAX ? whole : `${whole.slice(0, SEARCHED_MAX)}…`;
  const text = redactor.text(searched);
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= ARTIFACT_BYTES_MAX) return { name: "response.txt", kind: "response", bytes };
  const kept = new TextDecoder().decode(bytes.subarray(0, ARTIFACT_BYTES_MAX));
  const total = searched === whole ? bytes.length : Buffer.byteLength(whole);
  const note = `\n… cut at ${ARTIFACT_BYTES_MAX} bytes of ${total}`;
  return { name: "response.txt", kind: "response", bytes: new TextEncoder().encode(kept + note) };
}

function readResponse(subject: Subject, response: HttpResponse): Reading {
  switch (subject.of) {
    case "status":
      return { value: response.status };
    case "durationMs":
      return { value: Math.round(response.durationMs * 1000) / 1000 };
    case "body":
      return isCut(response) ? { fault: CUT(response) } : { value: textOf(response) };
    case "header":
      return { value: headerOf(response, subject.name) };
    case "bytes":
      return { value: response.kept?.bytes ?? response.body.length };
    case "sha256":
      return { value: response.kept?.sha256 ?? hashOf(response.body) };
    case "contentType":
      return { value: headerOf(response, "content-type")?.split(";")[0]?.trim().toLowerCase() };
    case "redirects":
      return { value: response.redirects.length };
    case "responseUrl":
      return { value: response.url };
    case "timing":
      return readTiming(subject.phase, response);
    case "json":
      return readJson(subject.path, response);
    case "that":
      return { value: subject.value };
    default:
      return { fault: `a response has no ${subject.of}` };
  }
}

/** Fetch joins several values with a comma, and keeps set-cookie apart. */
function headerOf(response: HttpResponse, name: string): string | undefined {
  try {
    return response.headers.get(name) ?? undefined;
  } catch {
    // A name that no header can have: there is none.
    return undefined;
  }
}

function readTiming(phase: TimingPhase, { timings }: HttpResponse): Reading {
  if (timings === undefined)
    return { fault: "they were not measured: add `timings: true` to the request" };
  return { value: Math.round(timings[phase] * 1000) / 1000 };
}

/** The body as JSON, or why it is none. */
export function jsonOfBody(
  response: HttpResponse,
): { readonly document: Json } | { readonly fault: string } {
  if (isCut(response)) return { fault: CUT(response) };
  const text = textOf(response);
  try {
    return { document: JSON.parse(text) as Json };
  } catch {
    return { fault: `the body is not JSON: ${describeBody(text)}` };
  }
}

const isCut = ({ body, kept }: HttpResponse): boolean =>
  kept !== undefined && kept.bytes > body.length;
const CUT = ({ kept }: HttpResponse): string =>
  `the body went into the file ${kept?.name} and is too large to be read here`;

function hashOf(body: Uint8Array): string {
  return createHash("sha256").update(body).digest("hex");
}

function readJson(path: string, response: HttpResponse): Reading {
  const read = jsonOfBody(response);
  if ("fault" in read) return read;
  try {
    const result = queryJsonPath(path, read.document);
    if ("found" in result) return { value: result.found };
    return "list" in result ? { value: result.list } : { value: undefined };
  } catch (thrown) {
    return { fault: `the path cannot be read: ${messageOf(thrown)}` };
  }
}

function describeBody(text: string): string {
  if (text === "") return "it is empty";
  // The mark tells the redactor that a value may have been cut there.
  const shown = text.length <= SHOWN_BODY_MAX ? text : `${text.slice(0, SHOWN_BODY_MAX)}…`;
  return `it begins with ${JSON.stringify(shown)}`;
}

function textOf(response: HttpResponse): string {
  const charset = /charset=["']?([^"';,\s]+)/i.exec(response.headers.get("content-type") ?? "");
  return decoderOf(charset?.[1]).decode(response.body);
}

function decoderOf(charset: string | undefined): TextDecoder {
  try {
    return new TextDecoder(charset ?? "utf-8");
  } catch {
    // A charset that nobody knows: most bodies are UTF-8 all the same.
    return new TextDecoder();
  }
}

function nameOf(subject: Subject): string {
  switch (subject.of) {
    case "header":
      return `header ${subject.name}`;
    case "json":
      return `json ${subject.path}`;
    case "body":
      return "text";
    case "cookie":
      return `cookie ${subject.name}`;
    case "responseUrl":
      return "url";
    case "timing":
      return `timings ${subject.phase}`;
    case "that":
      return "the value";
    default:
      return subject.of;
  }
}
