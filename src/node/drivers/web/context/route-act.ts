/** What a route does with one request that was stopped. */
import type { Request, Route } from "playwright-core";
import type { RouteAct } from "#proto/steps/routes.ts";
import { unreachable } from "#shared/errors.ts";
import { textOf } from "#shared/template.ts";

type Of<K extends RouteAct["act"]> = Extract<RouteAct, { readonly act: K }>;
type AnswerChange = NonNullable<Of<"modify">["response"]>;
type Headers = Readonly<Record<string, string>>;

/** The bytes of the file that an act names. */
export type Body = { readonly name: string; readonly bytes: Buffer } | undefined;

/** An answer that takes longer from the server is none. */
const ANSWER_MS_MAX = 60_000;

/** Answers, blocks, changes or passes a request on. */
export async function performAct(paused: Route, act: RouteAct, body: Body): Promise<void> {
  switch (act.act) {
    case "pass":
      return paused.continue();
    case "block":
      return paused.abort(act.reason);
    case "mock":
      return paused.fulfill({
        status: act.status ?? 200,
        headers: { ...typeOf(act, body), ...CORS, ...lower(act.headers ?? {}) },
        body: bodyOf(act, body) ?? "",
      });
    case "modify":
      return modify(paused, act, body);
    default:
      return unreachable(act);
  }
}

/** A page on another origin could not read an answer that nobody has sent otherwise. */
const CORS: Headers = { "access-control-allow-origin": "*" };

async function modify(paused: Route, act: Of<"modify">, body: Body): Promise<void> {
  const request = paused.request();
  const sent = await requestChange(request, act);
  if (act.response === undefined) return paused.continue(sent);
  const answer = await paused.fetch({ ...sent, timeout: ANSWER_MS_MAX, maxRedirects: 0 });
  const { status, headers, removeHeaders, replace } = act.response;
  const own = bodyOf(act.response, body);
  const isText = replace !== undefined && own === undefined;
  const shown = isText ? replaceAll(await answer.text(), replace) : own;
  await paused.fulfill({
    response: answer,
    ...(status === undefined ? {} : { status }),
    headers: {
      ...without(answer.headers(), [
        ...(removeHeaders ?? []),
        ...(shown === undefined ? [] : SIZES),
      ]),
      ...(own === undefined ? {} : typeOf(act.response, body)),
      ...lower(headers ?? {}),
    },
    ...(shown === undefined ? {} : { body: shown }),
  });
}

/** They would be those of the body that came. */
const SIZES = ["content-length", "content-encoding", "transfer-encoding"];

type RequestChange = {
  readonly url?: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly postData?: string;
};

async function requestChange(request: Request, act: Of<"modify">): Promise<RequestChange> {
  const { url, method, headers, removeHeaders, json, body } = act;
  const data = json === undefined ? body : JSON.stringify(json);
  const isHeaded = headers !== undefined || removeHeaders !== undefined || json !== undefined;
  return {
    ...(url === undefined ? {} : { url: new URL(url, request.url()).href }),
    ...(method === undefined ? {} : { method: method.toUpperCase() }),
    ...(data === undefined ? {} : { postData: data }),
    ...(isHeaded && {
      headers: {
        ...without(await request.allHeaders(), removeHeaders ?? []),
        ...(json === undefined ? {} : { "content-type": "application/json" }),
        ...lower(headers ?? {}),
      },
    }),
  };
}

type Bodies = Pick<AnswerChange, "json" | "body" | "file">;

function bodyOf({ json, body }: Bodies, file: Body): string | Buffer | undefined {
  if (file !== undefined) return file.bytes;
  return json === undefined ? body : JSON.stringify(json);
}

const TYPES: Headers = {
  css: "text/css",
  csv: "text/csv",
  gif: "image/gif",
  html: "text/html; charset=utf-8",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  js: "text/javascript",
  json: "application/json",
  pdf: "application/pdf",
  png: "image/png",
  svg: "image/svg+xml",
  txt: "text/plain; charset=utf-8",
  webp: "image/webp",
  xml: "application/xml",
};

function typeOf({ json, body }: Bodies, file: Body): Headers {
  if (json !== undefined) return { "content-type": "application/json" };
  if (file !== undefined) {
    const ending = file.name.split(".").at(-1)?.toLowerCase() ?? "";
    return { "content-type": TYPES[ending] ?? "application/octet-stream" };
  }
  if (body === undefined) return {};
  const isPage = /^\s*<(!doctype|html|\w+[\s>])/i.test(body);
  return { "content-type": isPage ? "text/html; charset=utf-8" : "text/plain; charset=utf-8" };
}

function replaceAll(text: string, replace: Headers): string {
  // Given as functions: in a replacement text `$$` would mean one `$`.
  return Object.entries(replace).reduce(
    (all, [from, to]) => all.replaceAll(from, () => textOf(to)),
    text,
  );
}

function lower(headers: Headers): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}

function without(headers: Headers, names: readonly string[]): Record<string, string> {
  const gone = new Set(names.map((name) => name.toLowerCase()));
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !gone.has(name)));
}
