/**
 * Checks what `expect` and `until` demand of a response. What needs more than the response itself (files, the cookie store,
 * schemas and contracts with their libraries) is fetched and loaded here, when the first such demand comes.
 */
import { readFile } from "node:fs/promises";
import type { Json } from "#proto/matcher.ts";
import type { Document } from "#proto/steps/response.ts";
import type { Demand, Subject } from "#proto/steps/subject.ts";
import { messageOf } from "#shared/errors.ts";
import { StepError } from "../driver.ts";
import type { CookieStore } from "./cookie-jar.ts";
import { checkResponse, type HttpResponse, jsonOfBody, saveFromResponse } from "./response.ts";
import type { ResolveFile } from "./sent-file.ts";

export type CheckParts = {
  readonly cookies: CookieStore;
  readonly resolveFile: ResolveFile;
};

/** The text of a demand's failure, or undefined when it is met. */
export async function checkDemand(
  demand: Demand,
  response: HttpResponse,
  parts: CheckParts,
): Promise<string | undefined> {
  const { subject } = demand;
  switch (subject.of) {
    case "schema":
      return checkSchemaOf(subject, response, parts);
    case "openapi":
      return checkContractOf(subject, response, parts);
    case "bodyFile":
      return checkBodyFile(subject.file, response, parts);
    case "cookie":
      return checkResponse(
        asValue(demand, await cookieOf(subject.name, response, parts)),
        response,
      );
    default:
      return checkResponse(demand, response);
  }
}

/** Reads the value that a `save` keeps. @throws {StepError} When there is nothing at that place. */
export async function saveDemanded(
  subject: Subject,
  response: HttpResponse,
  parts: CheckParts,
): Promise<Json> {
  if (subject.of !== "cookie") return saveFromResponse(subject, response);
  const value = await cookieOf(subject.name, response, parts);
  if (value !== undefined) return value;
  const text = `Cannot save cookie ${subject.name}: there is none for ${response.url}`;
  throw new StepError("failed", "save", text);
}

/** A value from elsewhere is checked under its own name. */
function asValue(
  demand: Demand,
  value: string | undefined,
): Demand & { readonly found: Json | undefined } {
  return { ...demand, found: value };
}

/** What the attempt would send to where the response came from. */
async function cookieOf(
  name: string,
  { url }: HttpResponse,
  { cookies }: CheckParts,
): Promise<string | undefined> {
  const header = await cookies.headerFor(url);
  const pair = header.split("; ").find((one) => one.startsWith(`${name}=`));
  return pair?.slice(name.length + 1);
}

async function checkSchemaOf(
  { schema }: Extract<Subject, { of: "schema" }>,
  response: HttpResponse,
  parts: CheckParts,
): Promise<string | undefined> {
  const name = schema.kind === "file" ? `schema ${schema.file}` : "the schema";
  const read = jsonOfBody(response);
  if ("fault" in read) return `Expected the body to obey ${name}, but ${read.fault}`;
  const document = await documentOf(schema, parts);
  const { failuresOf } = await import("./schema/validate.ts");
  const failures = failuresOf(document, read.document);
  if (failures.length === 0) return undefined;
  return [`Expected the body to obey ${name}, but:`, ...failures.map((one) => `  ${one}`)].join(
    "\n",
  );
}

async function checkContractOf(
  { spec, operation }: Extract<Subject, { of: "openapi" }>,
  response: HttpResponse,
  parts: CheckParts,
): Promise<string | undefined> {
  const document = await documentOf(spec, parts);
  const { breachesOf } = await import("./contract/breaches.ts");
  const breaches = breachesOf({ document, operation, response });
  if (breaches.length === 0) return undefined;
  const name = spec.kind === "file" ? `the contract ${spec.file}` : "the contract";
  return [`Expected ${name} to be kept, but:`, ...breaches.map((one) => `  ${one}`)].join("\n");
}

/** Reads a document's file. @throws {StepError} When it is no JSON. */
async function documentOf(document: Document, { resolveFile }: CheckParts): Promise<Json> {
  if (document.kind === "inline") return document.document;
  try {
    return JSON.parse(await readFile(resolveFile(document.file), "utf8")) as Json;
  } catch (thrown) {
    const text = `Cannot read ${document.file}: ${messageOf(thrown)}`;
    throw new StepError("failed", "expect", text);
  }
}

async function checkBodyFile(
  file: string,
  { body, kept }: HttpResponse,
  { resolveFile }: CheckParts,
): Promise<string | undefined> {
  const wanted = await readFile(resolveFile(file)).catch((thrown: unknown) => {
    throw new StepError("failed", "expect", `Cannot read ${file}: ${messageOf(thrown)}`);
  });
  const bytes = kept?.bytes ?? body.length;
  const name = `Expected the body to equal ${file}`;
  if (bytes !== wanted.length) return `${name} of ${wanted.length} bytes, got ${bytes} bytes`;
  const { createHash } = await import("node:crypto");
  const hash = (of: Uint8Array) => createHash("sha256").update(of).digest("hex");
  if ((kept?.sha256 ?? hash(body)) === hash(wanted)) return undefined;
  const at = body.findIndex((byte, index) => byte !== wanted[index]);
  return `${name}, but they differ${at === -1 ? "" : ` from byte ${at} on`}`;
}
