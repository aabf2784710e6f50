/** A GraphQL operation over HTTP: what is asked, and what an answer must be. Errors in it fail unless they are expected. */
import { readFile } from "node:fs/promises";
import type { Json } from "#proto/matcher.ts";
import type { Step } from "#proto/step.ts";
import { messageOf } from "#shared/errors.ts";
import { isJsonList, isJsonMapping, type JsonMapping } from "#shared/json-kind.ts";
import { StepError } from "../driver.ts";
import { checkMatcher, showValue } from "../matcher.ts";
import type { RequestStep } from "./body.ts";
import { checkResponse, type HttpResponse, jsonOfBody } from "./response.ts";
import type { ResolveFile } from "./sent-file.ts";

type GraphqlStep = Extract<Step, { kind: "graphql" }>;

/** More errors are counted only. */
const SHOWN_MAX = 10;

/** The request that asks it. @throws {StepError} When its file cannot be read. */
export async function toRequest(step: GraphqlStep, resolveFile: ResolveFile): Promise<RequestStep> {
  const query =
    typeof step.query === "string" ? step.query : await readQuery(step.query.file, resolveFile);
  const { variables, operationName } = step;
  return {
    kind: "request",
    method: "POST",
    url: step.url,
    headers: { accept: "application/graphql-response+json, application/json", ...step.headers },
    query: {},
    body: {
      kind: "json",
      value: {
        query,
        ...(variables === undefined ? {} : { variables }),
        ...(operationName === undefined ? {} : { operationName }),
      },
    },
    auth: step.auth,
    tls: step.tls,
    timings: step.timings,
    followRedirects: true,
  };
}

async function readQuery(file: string, resolveFile: ResolveFile): Promise<string> {
  try {
    return await readFile(resolveFile(file), "utf8");
  } catch (thrown) {
    const text = `Cannot read the query ${file}: ${messageOf(thrown)}`;
    throw new StepError("failed", "request", text);
  }
}

/** What an answer misses, one text a demand. */
export function findFaults(step: GraphqlStep, response: HttpResponse): readonly string[] {
  const read = jsonOfBody(response);
  if ("fault" in read) return [`Expected an answer in GraphQL, but ${read.fault}`];
  const { document } = read;
  if (!isJsonMapping(document) || !("data" in document || "errors" in document))
    return [`Expected an answer in GraphQL with data or errors, got ${showValue(document)}`];
  const errors = checkErrors(step, document);
  return [...(errors === undefined ? [] : [errors]), ...checkData(step, document, response)];
}

function checkErrors({ errors }: GraphqlStep, { errors: found }: JsonMapping): string | undefined {
  const messages = isJsonList(found ?? [])
    ? ((found as readonly Json[] | undefined) ?? []).map(messageIn)
    : [showValue(found)];
  const text = messages.length === 0 ? undefined : messages.join("\n");
  if (errors === undefined) {
    if (text === undefined) return undefined;
    const shown = messages.slice(0, SHOWN_MAX).map((one) => `  ${one}`);
    const more = messages.length > SHOWN_MAX ? [`  … ${messages.length - SHOWN_MAX} more`] : [];
    return [`Expected no errors, got ${messages.length}:`, ...shown, ...more].join("\n");
  }
  const result = checkMatcher(errors, text, { asText: true });
  return result.ok ? undefined : `Expected errors ${result.text}, got ${showValue(text)}`;
}

function messageIn(error: Json): string {
  const message = isJsonMapping(error) ? error["message"] : undefined;
  return typeof message === "string" ? message : showValue(error);
}

function checkData(step: GraphqlStep, document: JsonMapping, response: HttpResponse): string[] {
  const text = JSON.stringify(document["data"] ?? null);
  const data = { ...response, headers: new Headers(), body: new TextEncoder().encode(text) };
  return step.data.flatMap(({ path, matcher }) => {
    const missed = checkResponse({ subject: { of: "json", path }, matcher }, data);
    return missed === undefined ? [] : [missed.replace(/^Expected json /, "Expected data ")];
  });
}
