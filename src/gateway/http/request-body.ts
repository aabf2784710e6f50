/** Reading what was sent: bounded while it streams, checked by a schema, refused with the place of the fault. */
import type { Context } from "hono";
import type { z } from "zod";
import { systemClock } from "#shared/clock.ts";
import { HttpProblem, throwBadRequest } from "./problem.ts";
import { withinTime } from "./slow-body.ts";

const FAULTS_MAX = 20;

/**
 * Reads a JSON body.
 *
 * @throws {HttpProblem} 415 when it is not JSON by its type, 413 when it is larger, 400 when it cannot be read.
 */
export async function readJson<T>(c: Context, schema: z.ZodType<T>, bytesMax: number): Promise<T> {
  refuseOtherTypes(c);
  return parseBody(schema, await readText(c, bytesMax));
}

function refuseOtherTypes(c: Context): void {
  const type = c.req.header("content-type") ?? "";
  if (!/^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(type)) throw notJson(type);
}

/** As `readJson`; an absent body is as `{}`, whatever its type was said to be. */
export async function readOptionalJson<T>(
  c: Context,
  schema: z.ZodType<T>,
  bytesMax: number,
): Promise<T> {
  const text = await readText(c, bytesMax);
  if (text === "") return parseBody(schema, "{}");
  refuseOtherTypes(c);
  return parseBody(schema, text);
}

/** Checks the query's names against a schema. @throws {HttpProblem} 400 */
export function readQuery<T>(c: Context, schema: z.ZodType<T>): T {
  return check(schema, c.req.query(), "query");
}

function parseBody<T>(schema: z.ZodType<T>, text: string): T {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return throwBadRequest("Cannot read the body: it is not JSON");
  }
  return check(schema, json, "body");
}

function check<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.slice(0, FAULTS_MAX).map(faultText);
  return throwBadRequest(`Cannot read the ${what}: ${faults[0] ?? ""}`, faults);
}

function faultText(issue: z.core.$ZodIssue): string {
  return issue.path.length === 0
    ? issue.message
    : `${issue.path.map(String).join(".")}: ${issue.message}`;
}

async function readText(c: Context, bytesMax: number): Promise<string> {
  if (Number(c.req.header("content-length") ?? 0) > bytesMax) throw tooLarge(bytesMax);
  const body = c.req.raw.body;
  if (body === null) return "";
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop cancels the body.
  for await (const chunk of withinTime(body, systemClock)) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw tooLarge(bytesMax);
    chunks.push(chunk);
  }
  return decode(Buffer.concat(chunks));
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return throwBadRequest("Cannot read the body: it is not UTF-8");
  }
}

function tooLarge(bytesMax: number): HttpProblem {
  return new HttpProblem({
    status: 413,
    code: "too_large",
    detail: `Cannot take the body: more than ${bytesMax} bytes`,
  });
}

function notJson(type: string): HttpProblem {
  const sent = type === "" ? "no content type" : type.slice(0, 100);
  return new HttpProblem({
    status: 415,
    code: "not_json",
    detail: `Cannot read the body: application/json is wanted, ${sent} was sent`,
  });
}
