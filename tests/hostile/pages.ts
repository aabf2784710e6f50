/** Pages that nobody should be tested on, each at a path of its own. */
import type { ServerResponse } from "node:http";
import type { Answer } from "../drivers/stage.ts";

const page = (script: string, body = "") =>
  `<!doctype html><title>page</title><body><p>here</p>${body}<script>${script}</script>`;

/** Writes until the client has gone. */
function pour(response: ServerResponse, chunk: string): void {
  const more = () => {
    while (!response.destroyed && response.write(chunk));
    if (!response.destroyed) response.once("drain", more);
  };
  more();
}

const letters = "<p>".padEnd(0x10000, "x");

export const PAGES: Readonly<Record<string, Answer | string>> = {
  "/well": page("document.title = 'well'", "<button>go</button>"),
  "/never": () => undefined,
  "/redirects": (_, response) => void response.writeHead(302, { location: "/redirects" }).end(),
  "/scripted-redirects": page("location.href = '/scripted-redirects?' + Math.random()"),
  "/alerts": page("for (;;) alert('again')"),
  "/dialogs": page("confirm('sure?'); prompt('name?'); document.title = 'asked'"),
  "/stay": page(
    "onbeforeunload = (event) => { event.preventDefault(); return 'stay'; }",
    "<button>go</button>",
  ),
  "/popups": page("for (let i = 0; i < 100; i += 1) open('/well'); document.title = 'opened'"),
  "/download": (_, response) => {
    response.writeHead(200, {
      "content-type": "application/zip",
      "content-disposition": 'attachment; filename="../../../x.zip"',
    });
    pour(response, letters);
  },
  "/downloads": page("document.title = 'loads'", "<a href=/download download='../../y'>load</a>"),
  "/large": (_, response) => {
    response.writeHead(200, { "content-type": "text/html", "content-length": 500 * 1024 * 1024 });
    pour(response, letters);
  },
  "/loop": page("for (;;);"),
  "/late-loop": page("setTimeout(() => { for (;;); }, 300)", "<button>go</button>"),
  "/console": page("for (let i = 0; i < 1e6; i += 1) console.log('line ' + i)"),
  "/tree": page(
    "document.body.innerHTML = '<div><b>x</b></div>'.repeat(2e5); document.title = 'grown'",
  ),
  "/text": page("document.body.textContent = 'x'.repeat(5e7); document.title = 'long'"),
  "/requests": page(
    "for (let i = 0; i < 5e3; i += 1) fetch('/nowhere?' + i).catch(() => 0); document.title = 'asks'",
  ),
  "/title": page("document.title = 'x'.repeat(3e7)"),
  "/address": page("location.hash = 'x'.repeat(1.5e6); document.title = 'there'"),
  "/closes": page("setTimeout(() => close(), 200)", "<button id=never disabled>go</button>"),
  "/wanders": page("setInterval(() => { location.href = '/wanders?' + Math.random(); }, 150)"),
  "/asks": page(
    "navigator.geolocation.getCurrentPosition(() => 0, () => 0); Notification.requestPermission(); document.title = 'asked'",
  ),
  "/prints": page("print(); document.title = 'printed'"),
  "/service": page(
    "navigator.serviceWorker.register('/service.js').then(() => { document.title = 'served'; })",
  ),
  "/service.js": (_, response) =>
    void response
      .writeHead(200, { "content-type": "text/javascript" })
      .end(
        "onfetch = (event) => event.respondWith(new Response('<title>taken</title>', { headers: { 'content-type': 'text/html' } }))",
      ),
};
