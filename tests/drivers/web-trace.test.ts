/** The trace of an attempt: when there is one, that Playwright's own viewer shows our steps, and that no secret is in it. */
import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRedactor } from "#shared/redactor.ts";
import type { DriverSlot } from "../../src/node/drivers/driver.ts";
import { createWebDriver } from "../../src/node/drivers/web/driver.ts";
import { redactTrace } from "../../src/node/drivers/web/traces/redact-trace.ts";
import { createZip, zipEntries } from "../../src/node/drivers/web/traces/zip.ts";
import {
  type Answer,
  css,
  openOn,
  type Played,
  type PlayOptions,
  type Site,
  serve,
} from "./stage.ts";
import { viewTrace } from "./trace-viewer.ts";

const SECRET = 'p4ss"wört/&<x>';
const SHOWN = SECRET.replaceAll("&", "&amp;").replaceAll('"', "&quot;");

/** Shows, says, sends and keeps the secret in every way that a page has. */
const echo: Answer = (request, response) => {
  if (request.method === "POST") {
    const picture = Buffer.concat([Buffer.from([0xff, 0, 0x80]), Buffer.from(SECRET)]);
    return void response.writeHead(200, { "content-type": "image/png" }).end(picture);
  }
  const text = JSON.stringify(SECRET).replaceAll("<", "\\u003c");
  response.setHeader("set-cookie", `key=${encodeURIComponent(SECRET)}`);
  response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
  response.end(`<title>${SHOWN}</title><h1>You asked for ${SHOWN}</h1><input id=mail>
    <p data-json="${text.replaceAll("&", "&amp;").replaceAll('"', "&quot;")}" title="${SHOWN}">p</p>
    <button id=send>send</button><script>const s = ${text};
    console.log("have", s, { s }); localStorage.s = s; document.cookie = "c=" + encodeURIComponent(s);
    setTimeout(() => { throw new Error("thrown " + s) });
    send.onclick = async () => {
      const authorization = "Basic " + btoa("u:" + s);
      await fetch("/echo", { method: "POST", body: new URLSearchParams({ s }), headers: { authorization } });
      await fetch("/echo", { method: "POST", body: JSON.stringify({ s }) });
      const form = new FormData(); form.set("s", s); form.set("f", new Blob([s]), "f-" + s);
      await fetch("/echo?again=" + encodeURIComponent(encodeURIComponent(s)), { method: "POST", body: form });
      document.body.append("sent");
    };</script>`);
};

let site: Site;
let slot: DriverSlot;

beforeAll(async () => {
  site = await serve({
    "/": `<h1>Shop</h1><input id=mail><button id=add onclick="this.textContent += '!'">Add to cart</button>`,
    "/echo": echo,
  });
  slot = createWebDriver({}).createSlot();
});
afterAll(async () => {
  await slot.close();
  await site.close();
});

type Ran = Pick<Played, "evidence" | "missed" | "warnings">;

async function run(
  options: PlayOptions,
  status: "passed" | "failed",
  steps: readonly object[] = [],
): Promise<Ran> {
  const played = await openOn(slot, { baseUrl: site.url, ...options });
  for (const step of [{ kind: "goto", url: "/" }, ...steps]) await played.play(step);
  await played.conclude(status);
  expect(await readdir(played.workspaceDir)).toEqual([]);
  await played.close();
  return played;
}

const tracesOf = ({ evidence }: Ran) => evidence.filter((one) => one.kind === "trace");

describe("trace.zip", () => {
  test("opens in Playwright's own viewer and lists our steps", async () => {
    const ran = await run({ evidence: { trace: "on" } }, "passed", [
      { kind: "fill", locator: css("#mail"), value: "a@example.org" },
      { kind: "click", locator: css("#add") },
      { kind: "wait", for: { kind: "time", ms: 100 } },
    ]);
    const [trace] = tracesOf(ran);
    expect(trace?.name).toBe("trace.zip");
    await viewTrace(trace?.bytes ?? new Uint8Array(), async (page) => {
      const titles = page.locator(".action-title");
      await titles.getByText("wait for time").waitFor();
      const texts = await titles.allTextContents();
      expect(texts.map((text) => text.replace(/[\d.]+m?s$/, ""))).toEqual([
        "goto /",
        'fill "#mail"',
        'click "#add"',
        "wait for time",
      ]);
      await titles.getByText('click "#add"').click();
      const snapshot = page.frameLocator("iframe.snapshot-visible[name=snapshot]");
      await snapshot.getByRole("button", { name: "Add to cart" }).waitFor();
      expect(await snapshot.locator("#mail").inputValue()).toBe("a@example.org");
    });
  });

  test.each([
    ["on", "passed", 1],
    ["on-failure", "failed", 1],
    ["on-failure", "passed", 0],
    ["off", "failed", 0],
  ] as const)("trace %s of an attempt that %s: %d", async (trace, status, count) => {
    const ran = await run({ evidence: { trace } }, status);
    expect(tracesOf(ran)).toHaveLength(count);
    expect(ran.missed).toEqual([]);
  });

  test("of a page that shows secrets everywhere none is left, in no piece of it, and the viewer shows the rest", async () => {
    const options = {
      secrets: { S: SECRET },
      usesSecrets: true,
      evidence: { trace: "on" },
    } as const;
    const query = encodeURIComponent(SECRET);
    const ran = await run(options, "failed", [
      { kind: "goto", url: `/echo?key=${query}` },
      { kind: "fill", locator: css("#mail"), value: SECRET },
      { kind: "click", locator: css("#send") },
      { kind: "wait", for: { kind: "text", text: "sent" } },
    ]);
    expect(ran.missed).toEqual([]);
    const [trace] = tracesOf(ran);
    const pieces = await piecesOf(trace?.bytes ?? new Uint8Array());
    expect(pieces.filter(({ text }) => leaks(text)).map(({ name }) => name)).toEqual([]);
    expect(pieces.map(({ name }) => name).join()).not.toMatch(/jpe?g|screencast/);
    // Whether the picture's body is in it is Playwright's: it ends a trace without waiting for all of them.
    await viewTrace(trace?.bytes ?? new Uint8Array(), async (page) => {
      const titles = page.locator(".action-title");
      await titles.getByText('fill "#mail"').click();
      const snapshot = page.frameLocator("iframe.snapshot-visible[name=snapshot]");
      await snapshot.getByText("You asked for").waitFor();
      expect(await snapshot.locator("#mail").inputValue()).toBe("***");
      expect(await titles.getByText("goto /echo").first().textContent()).toContain("***");
    });
  });

  test("one that cannot be redacted is missing, with the reason", async () => {
    const options = { secrets: { S: "frame" }, evidence: { trace: "on" } } as const;
    const ran = await run(options, "passed");
    expect(tracesOf(ran)).toEqual([]);
    expect(ran.missed).toEqual([
      expect.objectContaining({
        reason: expect.stringContaining("a secret is a word of the trace"),
      }),
    ]);
  });

  test("leaves nothing in the browser's folder for the next attempts", async () => {
    await run({ evidence: { trace: "on" } }, "passed");
    const own = (await readdir(tmpdir())).filter((name) =>
      name.startsWith(`panoptic-browser-${process.pid}-`),
    );
    expect(own.length).toBeGreaterThan(0);
    const left = await Promise.all(own.map((name) => readdir(join(tmpdir(), name))));
    expect(left.flat()).not.toContain("traces");
  });
});

describe("redactTrace()", () => {
  const redactor = createRedactor({ S: "hidden-words" });
  const redact = (zip: Uint8Array) =>
    redactTrace(zip, { redactor, signal: new AbortController().signal });
  const zipOf = async (files: Readonly<Record<string, string | Uint8Array>>) => {
    const zip = createZip();
    for (const [name, content] of Object.entries(files)) await zip.add(name, Buffer.from(content));
    return zip.end();
  };

  test("gives changed bodies the sum of what they are now, wherever they are named", async () => {
    const line = (file: string) => JSON.stringify({ type: "resource-snapshot", _file: file });
    const lines = `${line("resources/aa.txt")}\n${line("resources/bb.txt")}\n`;
    const files = { "resources/aa.txt": "say hidden-words", "resources/bb.txt": "say nothing" };
    const pieces = await piecesOf(await redact(await zipOf({ ...files, "trace.network": lines })));
    const changed = pieces.find(({ text }) => text === "say ***")?.name ?? "";
    expect(changed).toMatch(/^resources\/[0-9a-f]{40}\.txt$/);
    const said =
      pieces
        .find(({ name }) => name === "trace.network")
        ?.text.trim()
        .split("\n") ?? [];
    expect(said).toEqual([line(changed), line("resources/bb.txt")]);
  });

  test("hides the text of password fields, however short, and looks into what is packed", async () => {
    const html = [
      "BODY",
      {},
      ["INPUT", { type: "password", value: "ab", __playwright_value_: "a" }],
    ];
    const event = { type: "frame-snapshot", snapshot: { html } };
    const packed = await zipOf({ "in.txt": "hidden-words" });
    const pieces = await piecesOf(
      await redact(
        await zipOf({
          "trace.trace": JSON.stringify(event),
          "resources/a.zip": packed,
          "resources/b.gz": gzipSync("hidden-words"),
          "resources/c.png": Buffer.concat([Buffer.from([0, 255, 0]), Buffer.from("hidden-words")]),
        }),
      ),
    );
    const words = [15, gzipSync("hidden-words").length, packed.length].map(
      (bytes) => `Left out: a secret was found in this body of ${bytes} bytes`,
    );
    const shown = JSON.stringify(event).replace('"ab"', '"***"').replace('"a"', '"***"');
    expect(new Set(pieces.map(({ text }) => text.trim()))).toEqual(new Set([...words, shown]));
  });

  test("refuses what it cannot read", async () => {
    await expect(redact(Buffer.from("no zip"))).rejects.toThrow(/no zip file/);
    const zip = await zipOf({ "trace.trace": JSON.stringify({ type: "log", message: "a" }) });
    await expect(redact(zip.fill(0xff, 45, 48))).rejects.toThrow();
    await expect(redact(await zipOf({ "trace.trace": "{ no JSON" }))).rejects.toThrow();
    const late = { redactor, signal: AbortSignal.abort() };
    const slow = await zipOf({ "resources/a.txt": "a" });
    await expect(redactTrace(slow, late)).rejects.toThrow(/no time/);
  });
});

async function piecesOf(zip: Uint8Array) {
  return Promise.all(
    zipEntries(zip).map(async ({ name, read }) => ({
      name,
      text: Buffer.from(await read()).toString("utf8"),
    })),
  );
}

/** By the usual encodings, without asking the redactor. */
function leaks(text: string): boolean {
  const html = SECRET.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
  const base64 = ["", "u", "u:"].map((before) =>
    Buffer.from(before + SECRET)
      .toString("base64")
      .slice(4, -4),
  );
  return [
    SECRET,
    encodeURIComponent(SECRET),
    encodeURIComponent(encodeURIComponent(SECRET)),
    new URLSearchParams({ k: SECRET }).toString().slice(2),
    JSON.stringify(SECRET).slice(1, -1),
    JSON.stringify(JSON.stringify(SECRET).slice(1, -1)).slice(1, -1),
    html,
    JSON.stringify(html).slice(1, -1),
    ...base64,
  ].some((form) => text.includes(form));
}
