/** A tiny site on loopback for the self-test: a page with a button, an answer in JSON, and nothing else. */
import { type HttpServer, serveHttp } from "#shared/runtime/serve.ts";

const PAGE = `<!doctype html><title>Panoptic self-test</title>
<button onclick="count.textContent = Number(count.textContent) + 1">Count</button> <output id="count">0</output>`;

/** Serves it on a free port. */
export function startPracticeSite(): Promise<HttpServer> {
  return serveHttp({
    host: "127.0.0.1",
    port: 0,
    fetch: async (request) => {
      const { pathname } = new URL(request.url);
      if (pathname === "/api") return Response.json({ name: "panoptic" });
      if (pathname !== "/") return new Response("not here", { status: 404 });
      return new Response(PAGE, { headers: { "content-type": "text/html; charset=utf-8" } });
    },
  });
}
