/** A page and an API that tell, log, store and send whatever they are given, in every way that they have. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type EchoSite = AsyncDisposable & {
  readonly url: string;
  /** Everything that was asked, to see that values arrived at all. */
  readonly heard: string[];
};

/** Serves `/page?key=…`, `/api`, `/redirect` and `/download` on port 0. */
export async function startEchoSite(): Promise<EchoSite> {
  const heard: string[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts).toString();
    heard.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)} ${body}`);
    answer(request, response, body);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heard,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

function answer(request: IncomingMessage, response: ServerResponse, body: string): void {
  const url = new URL(request.url ?? "/", "http://echo");
  const key = url.searchParams.get("key") ?? "";
  response.setHeader("set-cookie", `was=${encodeURIComponent(key)}`);
  response.setHeader("x-echo", encodeURI(key));
  switch (url.pathname) {
    case "/page":
      response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
      return void response.end(pageOf(key));
    case "/redirect":
      return void response
        .writeHead(302, { location: `/page?key=${encodeURIComponent(key)}` })
        .end();
    case "/download":
      response.writeHead(200, {
        "content-type": "application/octet-stream",
        "content-disposition": `attachment; filename*=UTF-8''${encodeURIComponent(key)}.bin`,
      });
      return void response.end(`\0\xff${key}`);
    default: {
      const { headers, method } = request;
      response.writeHead(Number(url.searchParams.get("status") ?? 200), {
        "content-type": "application/json",
      });
      return void response.end(JSON.stringify({ method, url: request.url, headers, body, key }));
    }
  }
}

const attribute = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");

function pageOf(key: string): string {
  const script = JSON.stringify(key).replaceAll("<", "\\u003c");
  const shown = attribute(key);
  return `<!doctype html><title>${shown}</title><h1 title="${shown}" data-json="${attribute(script)}">Hello ${shown}</h1>
<img alt="${shown}" src="/picture?key=${encodeURIComponent(key)}"><div id="host"></div>
<form id="form" action="/redirect"><input id="key" name="key"><input id="word" type="password" name="word"
  autocomplete="current-password"><button id="show" type="button">show</button><button id="send">send</button></form>
<p id="said"></p><p id="done"></p><script>
const key = ${script};
document.cookie = "mine=" + encodeURIComponent(key); localStorage.key = key; sessionStorage.key = key;
console.log("key is", key, { key }, [key]); console.error(new Error("logged " + key));
host.attachShadow({ mode: "open" }).innerHTML = "<b>in shadow</b>"; host.shadowRoot.firstChild.append(key);
setTimeout(() => { throw new Error("thrown " + key); });
Promise.reject(new Error("rejected " + key));
word.oninput = () => console.log("typed", word.value);
show.onclick = () => { word.type = "text"; said.textContent = "You typed " + word.value; document.title = word.value; };
send.onclick = async (event) => {
  event.preventDefault();
  const word = document.querySelector("#word").value;
  const authorization = "Basic " + btoa(unescape(encodeURIComponent("user:" + key)));
  const post = (body, headers = {}) =>
    fetch("/api?key=" + encodeURIComponent(key) + "&word=" + encodeURIComponent(word), { method: "POST", body, headers });
  await post(JSON.stringify({ key, word }), { authorization });
  await post(new URLSearchParams({ key, word }));
  const data = new FormData(); data.set("key", key); data.set("file", new Blob([key, word]), key + ".txt");
  await post(data);
  await fetch("/api?status=500&key=" + encodeURIComponent(key + word)).catch(() => 0);
  new WebSocket("ws://" + location.host + "/socket?key=" + encodeURIComponent(key)).onerror = () => {
    history.pushState({ key }, "", "#" + encodeURIComponent(key)); done.textContent = "done";
  };
};
</script>`;
}
