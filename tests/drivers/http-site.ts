/** The site and the short forms that http driver tests play against. */
import { gzipSync } from "node:zlib";
import { BODY_BYTES_MAX } from "../../src/node/drivers/http/body-reader.ts";
import { createHttpDriver } from "../../src/node/drivers/http/driver.ts";
import {
  type Answer,
  bodyOf,
  openOn,
  type Played,
  type PlayOptions,
  type Site,
  serve,
} from "./stage.ts";

export type Sites = { readonly site: Site; readonly other: Site };

/** Serves two origins, one of which redirects to the other. */
export async function serveSites(): Promise<Sites> {
  const other = await serve({ "/echo": echo });
  const site = await serve({
    "/echo": echo,
    "/text": (_, response) => response.end("Hello   World"),
    "/latin": (_, response) => {
      response.setHeader("content-type", "text/plain; charset=iso-8859-1");
      response.end(Buffer.from([0xfc, 0x62]));
    },
    "/gzip": (_, response) => {
      response.setHeader("content-encoding", "gzip");
      response.end(gzipSync("packed"));
    },
    "/twice": (_, response) => {
      response.setHeader("x-many", ["a", "b"]);
      response.end("{}");
    },
    "/login": (_, response) => {
      response.writeHead(302, {
        location: "/echo",
        "set-cookie": ["id=7; Path=/", "old=1; Path=/"],
      });
      response.end();
    },
    "/forget": (_, response) => {
      response.setHeader("set-cookie", "old=; Path=/; Max-Age=0");
      response.end();
    },
    "/see-other": redirect(303, "/echo"),
    "/found": redirect(302, "/echo"),
    "/temporary": redirect(307, "/echo"),
    "/away": (_, response) => response.writeHead(307, { location: `${other.url}/echo` }).end(),
    "/loop": redirect(302, "/loop"),
    "/bad-location": redirect(302, "http://["),
    "/mail": redirect(302, "mailto:a@b.c"),
    "/not-modified": (_, response) => response.writeHead(304).end(),
    "/huge": (_, response) => response.end(Buffer.alloc(BODY_BYTES_MAX + 1)),
    "/big": (_, response) => response.end("x".repeat(400 * 1024)),
    "/broken": (_, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("begin", () => response.destroy());
    },
    "/silent": () => undefined,
  });
  return { site, other };
}

function redirect(status: number, location: string): Answer {
  return (_, response) => response.writeHead(status, { location }).end();
}

const echo: Answer = (request, response) => {
  void bodyOf(request).then((body) => {
    response.setHeader("content-type", "application/json");
    response.end(
      JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body }),
    );
  });
};

/** Plays on a session of its own, with `baseUrl`. */
export async function playOn<T>(
  options: PlayOptions,
  act: (played: Played) => Promise<T>,
): Promise<T> {
  const played = await openOn(createHttpDriver().createSlot(), options);
  try {
    return await act(played);
  } finally {
    await played.close();
  }
}

/** A GET. */
export const get = (url: string, more: object = {}) => ({
  kind: "request",
  method: "GET",
  url,
  ...more,
});
/** A POST. */
export const post = (url: string, more: object = {}) => ({
  kind: "request",
  method: "POST",
  url,
  ...more,
});
/** An expectation of several demands. */
export const demand = (...checks: object[]) => ({ kind: "expect", checks });
/** Demands a value in the last JSON. */
export const json = (path: string, equals: unknown) => ({
  subject: { of: "json", path },
  matcher: { equals },
});
/** Saves a value of the last JSON as `it`. */
export const save = (path: string) => ({ kind: "save", values: { it: { of: "json", path } } });
