/**
 * What of a request and its response breaks an OpenAPI document (3.0, 3.1): the path and the method must be known, the
 * request's parameters and body as described, the response's status, headers, content type and body, too. What nobody
 * described of the request (a further query parameter, a further header) breaks nothing.
 */
import type { Json } from "#proto/matcher.ts";
import { isJsonMapping, type JsonMapping } from "#shared/json-kind.ts";
import { resolve } from "#shared/openapi/check-openapi.ts";
import { type HttpResponse, jsonOfBody } from "../response.ts";
import { findOperation } from "./find-operation.ts";
import { checkMedia } from "./media.ts";
import { parameterBreaches } from "./parameters.ts";
import { type Contract, judgeBy } from "./schemas.ts";

export type Judged = {
  readonly document: Json;
  /** The operationId that it must be; absent: found by method and path. */
  readonly operation: string | undefined;
  readonly response: HttpResponse;
};

const BREACHES_MAX = 30;

/** One text a breach. */
export function breachesOf({ document, operation, response }: Judged): readonly string[] {
  const found = findOperation(document, { wanted: operation, response });
  if ("fault" in found) return [found.fault];
  const contract: Contract = { document, name: `${response.method} ${found.operation.template}` };
  const breaches = [
    ...parameterBreaches(contract, found, response),
    ...requestBreaches(contract, found.operation.operation, response),
    ...responseBreaches(contract, found.operation.operation, response),
  ];
  if (breaches.length <= BREACHES_MAX) return breaches;
  return [...breaches.slice(0, BREACHES_MAX), `… ${breaches.length - BREACHES_MAX} more`];
}

function requestBreaches(
  contract: Contract,
  operation: JsonMapping,
  { sent }: HttpResponse,
): readonly string[] {
  const body = resolve(contract.document, operation["requestBody"]);
  const type = sent?.headers.get("content-type") ?? undefined;
  if (body === undefined || sent === undefined) return [];
  const hasBody = type !== undefined || (sent.text ?? "") !== "";
  if (!hasBody)
    return body["required"] === true ? ["request: a body is required, and none was sent"] : [];
  const json = (): { document: Json } | { fault: string } => parse(sent.text ?? "");
  return checkMedia(contract, { content: body["content"], type, direction: "request", json });
}

function parse(text: string): { document: Json } | { fault: string } {
  try {
    return { document: JSON.parse(text) as Json };
  } catch {
    return { fault: "it is not JSON" };
  }
}

function responseBreaches(
  contract: Contract,
  operation: JsonMapping,
  response: HttpResponse,
): readonly string[] {
  const responses = operation["responses"];
  const known = isJsonMapping(responses) ? responses : {};
  const { status } = response;
  const keys = [String(status), `${String(status)[0]}XX`, `${String(status)[0]}xx`, "default"];
  const key = keys.find((one) => Object.hasOwn(known, one));
  if (key === undefined) {
    const names = Object.keys(known).join(", ");
    return [`response: status ${status} is unknown to ${contract.name}: expected one of ${names}`];
  }
  const described = resolve(contract.document, known[key]) ?? {};
  return [
    ...headerBreaches(contract, described, response),
    ...bodyBreaches(contract, described, response),
  ];
}

function headerBreaches(
  contract: Contract,
  described: JsonMapping,
  { headers }: HttpResponse,
): readonly string[] {
  const known = described["headers"];
  return Object.entries(isJsonMapping(known) ? known : {}).flatMap(([name, one]) => {
    const header = resolve(contract.document, one) ?? {};
    // By the standard, a content type that is described here is ignored.
    if (name.toLowerCase() === "content-type") return [];
    const value = headers.get(name);
    if (value === null)
      return header["required"] === true
        ? [`response: header ${name} is required, and there is none`]
        : [];
    return judgeBy(contract, { schema: header["schema"], text: value, direction: "response" }).map(
      (text) => `response: header ${name}: ${text}`,
    );
  });
}

function bodyBreaches(
  contract: Contract,
  described: JsonMapping,
  response: HttpResponse,
): readonly string[] {
  const content = described["content"];
  const bytes = response.kept?.bytes ?? response.body.length;
  const isMapping = isJsonMapping(content) && Object.keys(content).length > 0;
  if (!isMapping)
    return bytes === 0
      ? []
      : [
          `response: a body of ${bytes} bytes came with status ${response.status}, and none is described`,
        ];
  if (response.method === "HEAD") return [];
  const type = response.headers.get("content-type") ?? undefined;
  const json = () => jsonOfBody(response);
  return checkMedia(contract, { content, type, direction: "response", json });
}
