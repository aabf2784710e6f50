/** Opens a trace in Playwright's own viewer, as its package carries it, and says what the viewer lists. */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { dirname, extname, join, normalize } from "node:path";
import { chromium, type Page } from "playwright-core";
import { findBrowser } from "../../src/node/drivers/web/find-browser.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};
const PACKAGE = dirname(createRequire(import.meta.url).resolve("playwright-core/package.json"));
const VIEWER = join(PACKAGE, "lib/vite/traceViewer");

/** Shows the viewer's page with a trace to `look`. */
export async function viewTrace<T>(zip: Uint8Array, look: (page: Page) => Promise<T>): Promise<T> {
  await using parts = new AsyncDisposableStack();
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? "/", "http://viewer").pathname);
    if (path === "/trace.zip") return void response.end(zip);
    readFile(join(VIEWER, path)).then(
      (bytes) => {
        const type = TYPES[extname(path)] ?? "application/octet-stream";
        response.writeHead(200, { "content-type": type }).end(bytes);
      },
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  parts.defer(() => void server.close().closeAllConnections());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const browser = await chromium.launch({ executablePath: findBrowser({}) ?? "" });
  parts.defer(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  await page.goto(`${url}/index.html?trace=${encodeURIComponent(`${url}/trace.zip`)}`);
  return await look(page);
}
