/** The page's DOM as a file: what is in it, that it shows no secret, and that nothing in it runs. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DriverSlot } from "../../src/node/drivers/driver.ts";
import { createWebDriver } from "../../src/node/drivers/web/driver.ts";
import { findBrowser } from "../../src/node/drivers/web/find-browser.ts";
import { css, openOn, type PlayOptions, type Site, serve } from "./stage.ts";

const SECRET = 'p4ss w"örd/<+';
const PAGE = `<!doctype html><title>Shop</title><link rel=stylesheet href=/style.css>
<meta http-equiv=refresh content="3600; url=/gone">
<h1>Shop</h1><input id=who><input type=password id=word><textarea id=note></textarea>
<input type=checkbox id=box><select id=size><option>S<option>L</select>
<img src=/picture.png onerror="window.ran = 'handler'"><script>window.ran = "inline"</script>
<a id=go href="javascript:void(window.ran = 'link')">go</a><div id=host></div>
<iframe src=/inner></iframe><iframe srcdoc="<p>near</p><script>parent.ran = 'frame'</script>"></iframe>
<script>host.attachShadow({ mode: "open" }).innerHTML = "<b>shadow words</b>"</script>`;

let site: Site;
let slot: DriverSlot;
let browser: Browser;
let folder: string;
let requests: string[] = [];

beforeAll(async () => {
  site = await serve({
    "/": PAGE,
    "/style.css": (request, response) => {
      requests.push(request.url ?? "");
      response.writeHead(200, { "content-type": "text/css" }).end("h1 { color: rgb(1, 2, 3) }");
    },
    "/inner": "<p id=deep>inner words</p><input id=field>",
  });
  slot = createWebDriver({}).createSlot();
  browser = await chromium.launch({ executablePath: findBrowser({}) ?? "" });
  folder = await mkdtemp(join(tmpdir(), "panoptic-dom-"));
});
afterAll(async () => {
  await browser.close();
  await slot.close();
  await site.close();
  await rm(folder, { recursive: true });
});

/** The file that a failed attempt leaves, after the given steps. */
async function domAfter(steps: readonly object[], options: PlayOptions = {}): Promise<string> {
  const played = await openOn(slot, { baseUrl: site.url, ...options });
  await played.play({ kind: "goto", url: "/" });
  for (const step of steps) await played.play(step);
  await played.session.collectEvidence(AbortSignal.timeout(10_000));
  await played.close();
  const found = played.evidence.find((one) => one.name === "dom.html");
  expect(found?.kind).toBe("dom");
  return new TextDecoder().decode(found?.bytes);
}

/** Opens the file as a person would, from the disk. */
async function open(html: string) {
  const path = join(folder, "dom.html");
  await writeFile(path, html);
  const page = await browser.newPage();
  await page.goto(pathToFileURL(path).href);
  return page;
}

const fill = (id: string, value: string) => ({ kind: "fill", locator: css(id), value });

describe("dom.html", () => {
  test("shows what was typed and chosen, frames, shadow roots and styles", async () => {
    const html = await domAfter([
      fill("#who", "typed name"),
      fill("#word", "typed word"),
      fill("#note", "typed note"),
      { kind: "check", locator: css("#box") },
      { kind: "select", locator: css("#size"), options: ["L"] },
      { kind: "eval", js: "frames[0].document.querySelector('#field').value = 'typed inside'" },
    ]);
    expect(html).not.toContain("typed word");
    const page = await open(html);
    expect(await page.locator("#who").inputValue()).toBe("typed name");
    expect(await page.locator("#note").inputValue()).toBe("typed note");
    expect(await page.locator("#word").inputValue()).toBe("•".repeat("typed word".length));
    expect(await page.locator("#box").isChecked()).toBe(true);
    expect(await page.locator("#size").inputValue()).toBe("L");
    expect(await page.getByText("shadow words").isVisible()).toBe(true);
    const inner = page.frameLocator("iframe").first();
    expect(await inner.locator("#deep").textContent()).toBe("inner words");
    expect(await inner.locator("#field").inputValue()).toBe("typed inside");
    const colour = await page.locator("h1").evaluate((h1) => getComputedStyle(h1).color);
    expect(colour).toBe("rgb(1, 2, 3)");
    await page.close();
  });

  test("nothing in it runs, loads or leads away", async () => {
    const html = await domAfter([]);
    requests = [];
    const page = await open(html);
    await page.locator("#go").click();
    expect(await page.evaluate("window.ran")).toBe(undefined);
    expect(html).not.toContain('http-equiv="refresh"');
    expect(requests).toEqual([]);
    await page.close();
  });

  test("a secret is masked in text, attributes, fields and inner frames", async () => {
    const secret = JSON.stringify(SECRET);
    const html = await domAfter(
      [
        fill("#who", SECRET),
        { kind: "eval", js: `document.querySelector('h1').textContent = ${secret}` },
        { kind: "eval", js: `document.querySelector('h1').title = ${secret}` },
        { kind: "eval", js: `frames[0].document.querySelector('#deep').textContent = ${secret}` },
        { kind: "eval", js: `frames[0].document.querySelector('#deep').title = ${secret}` },
      ],
      { secrets: { WORD: SECRET } },
    );
    expect(html.split("***").length - 1).toBe(5);
    expect(html).not.toContain("p4ss");
  });

  test("is taken of a passed attempt only when the policy is on, of a failed one unless it is off", async () => {
    const take = async (dom: "off" | "on-failure" | "on", status: "passed" | "failed") => {
      const played = await openOn(slot, { baseUrl: site.url, evidence: { dom } });
      await played.play({ kind: "goto", url: "/" });
      if (status === "failed") await played.session.collectEvidence(AbortSignal.timeout(10_000));
      await played.conclude(status);
      await played.close();
      return played.evidence.some((one) => one.kind === "dom");
    };
    expect(await take("on", "passed")).toBe(true);
    expect(await take("on-failure", "passed")).toBe(false);
    expect(await take("on-failure", "failed")).toBe(true);
    expect(await take("off", "failed")).toBe(false);
  });
});
