/** The web driver against real Chromium and a real site. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DriverSlot } from "../../src/node/drivers/driver.ts";
import { systemClock } from "#shared/clock.ts";
import { createWarmBrowser } from "../../src/node/drivers/web/browser.ts";
import { createWebDriver, createWebSlot } from "../../src/node/drivers/web/driver.ts";
import { css, openOn, type Played, type Site, serve, textOf } from "./stage.ts";

const SHOP = `<!doctype html><title> The   Shop </title>
<h1>Shop</h1>
<button id=add onclick="document.querySelector('#count').textContent = ' ' + (++window.n) + ' '">Add to cart</button>
<button disabled>Buy</button>
<span id=count>0</span>
<label>E-mail <input id=mail value=old></label>
<input placeholder="Your name" id=name>
<input type=checkbox id=agree>
<select id=size><option value=s>Small<option value=l>Large</select>
<select id=many multiple><option>A<option>B<option>C</select>
<p class=item>one</p><p class=item>two</p>
<p id=gone style="display:none">hidden words</p>
<p id=upper style="text-transform:uppercase">loud</p>
<div data-testid=deep><b>In</b>side</div>
<input type=file id=file>
<div style="height:3000px"></div><i id=bottom>end</i>
<script>window.n = 0</script>`;

let site: Site;
let slot: DriverSlot;

beforeAll(async () => {
  site = await serve({
    "/": SHOP,
    "/done": "<h1>Thank you</h1>",
    "/late": `<div id=box></div><script>setTimeout(() => { box.textContent = 'now' }, 400)</script>`,
    "/dialog": `<button onclick="document.title = String(confirm('Sure?'))">Ask</button>`,
    "/popup": `<a href=/done target=_blank>Open</a>`,
    "/covered": `<button>Under</button><div id=veil style="position:fixed;inset:0"></div>`,
    "/busy": `<button onclick="for(;;){}">Hang</button>`,
    "/slow": () => undefined,
    "/cookie": (request, response) => {
      response.setHeader("set-cookie", "seen=1; Path=/");
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ cookie: request.headers.cookie ?? "", n: 3 }));
    },
  });
  slot = createWebDriver({}).createSlot();
});
afterAll(async () => {
  await slot.close();
  await site.close();
});

async function withPage<T>(path: string, act: (played: Played) => Promise<T>): Promise<T> {
  const played = await openOn(slot, { baseUrl: site.url });
  try {
    await played.play({ kind: "goto", url: path });
    return await act(played);
  } finally {
    await played.close();
  }
}

const check = (subject: object, matcher?: object) => ({
  kind: "expect",
  checks: [{ subject, ...(matcher === undefined ? {} : { matcher }) }],
});

describe("perform() on a page", () => {
  test("clicks, fills and expects as people write it", () =>
    withPage("/", async ({ play }) => {
      await play({ kind: "click", locator: { by: "role", value: "button", name: "add TO" } });
      await play(check({ of: "text", locator: css("#count") }, { equals: 1 }));
      await play(check({ of: "text", locator: css("#count") }, { above: 0 }));
      await play({ kind: "fill", locator: { by: "label", value: "e-mail" }, value: "a@b.c" });
      await play(check({ of: "value", locator: css("#mail") }, { equals: "a@b.c" }));
      await play({ kind: "fill", locator: css("#mail"), value: "" });
      await play(check({ of: "value", locator: css("#mail") }, { equals: "" }));
      await play({ kind: "type", locator: { by: "placeholder", value: "your" }, value: "Ann" });
      await play({ kind: "press", locator: css("#name"), key: "Backspace" });
      await play(check({ of: "value", locator: css("#name") }, { equals: "An" }));
      await play({ kind: "check", locator: css("#agree") });
      await play(check({ of: "checked", locator: css("#agree") }));
      await play({ kind: "uncheck", locator: css("#agree") });
      await play(check({ of: "unchecked", locator: css("#agree") }));
      await play({ kind: "select", locator: css("#size"), options: ["Large"] });
      await play(check({ of: "value", locator: css("#size") }, { equals: "l" }));
      await play({ kind: "select", locator: css("#many"), options: ["A", "C"] });
      await play(check({ of: "text", locator: { by: "testId", value: "deep" } }, { equals: "Inside" }));
      await play(check({ of: "text", locator: css("#upper") }, { equals: "LOUD" }));
      await play(check({ of: "text", locator: css("#gone") }, { equals: "" }));
      await play(check({ of: "hidden", locator: css("#gone") }));
      await play(check({ of: "hidden", locator: css("#never") }));
      await play(check({ of: "count", locator: css(".item") }, { equals: 2 }));
      await play(check({ of: "count", locator: css(".never") }, { equals: 0 }));
      await play(check({ of: "title" }, { equals: "The Shop" }));
      await play(check({ of: "url" }, { equals: "/" }));
      await play(check({ of: "url" }, { equals: site.url }));
      await play(check({ of: "attribute", name: "type", locator: css("#agree") }, { equals: "checkbox" }));
      await play(check({ of: "attribute", name: "nope", locator: css("#agree") }, { exists: false }));
      await play(check({ of: "disabled", locator: { by: "text", value: "Buy" } }));
    }));

  test("scroll, screenshot, eval and save", () =>
    withPage("/", async ({ play, saved, evidence }) => {
      await play({ kind: "scroll", to: { kind: "bottom" } });
      await play({ kind: "eval", js: "window.scrollY > 1000", save: "isDown" });
      await play({ kind: "scroll", to: { kind: "top" } });
      await play({ kind: "scroll", to: { kind: "by", x: 0, y: 100 } });
      await play({ kind: "eval", js: "window.scrollY", save: "y" });
      await play({ kind: "scroll", to: { kind: "locator", locator: css("#bottom") } });
      await play({ kind: "eval", js: "{ a: [1, null] }", save: "object" });
      await play({ kind: "eval", js: "await Promise.resolve('x')", save: "text" });
      await play({ kind: "eval", js: "const k = 2; k * 3", save: "statement" });
      await play({ kind: "eval", js: "document.body" });
      await play({ kind: "screenshot", name: "cart" });
      await play({ kind: "screenshot", name: "cart", fullPage: true });
      await play({ kind: "screenshot", name: "a b/c", locator: css("#add") });
      await play({
        kind: "save",
        values: {
          u: { of: "url" },
          t: { of: "title" },
          n: { of: "count", locator: css(".item") },
          v: { of: "value", locator: css("#mail") },
          s: { of: "visible", locator: css("#never") },
        },
      });
      expect(saved).toEqual({
        isDown: true,
        y: 100,
        object: { a: [1, null] },
        text: "x",
        statement: 6,
        u: `${site.url}/`,
        t: "The Shop",
        n: 2,
        v: "old",
        s: false,
      });
      expect(evidence.map((one) => one.name)).toEqual(["cart.png", "cart-2.png", "a-b-c.png"]);
    }));

  test("wait, history, reload and request with the page's cookies", () =>
    withPage("/late", async ({ play, failed, saved, warnings }) => {
      await play({ kind: "wait", for: { kind: "text", text: "NOW" } });
      await play({ kind: "wait", for: { kind: "time", ms: 5 } });
      await play({ kind: "wait", for: { kind: "locator", locator: css("#never"), state: "hidden" } });
      await play({ kind: "wait", for: { kind: "locator", locator: css("#box"), state: "attached" } });
      await play({ kind: "goto", url: "/done" });
      await play({ kind: "wait", for: { kind: "url", matcher: { matches: "/done$" } } });
      await play({ kind: "back" });
      await play(check({ of: "url" }, { equals: "/late" }));
      expect(await failed({ kind: "back" })).toMatchObject({
        code: "navigation",
        message: "Cannot go back: there is no earlier page",
      });
      await play({ kind: "forward" });
      await play(check({ of: "url" }, { equals: `${site.url}/done` }));
      expect((await failed({ kind: "forward" })).message).toContain("no later page");
      await play({ kind: "reload" });
      await play({ kind: "eval", js: "document.cookie = 'mine=2'" });
      await play({ kind: "request", method: "GET", url: "/cookie" });
      await play({
        kind: "expect",
        checks: [
          { subject: { of: "status" }, status: { anyOf: ["2xx"] } },
          { subject: { of: "header", name: "Content-Type" }, matcher: { equals: "application/json" } },
          { subject: { of: "json", path: "$.cookie" }, matcher: { equals: "mine=2" } },
        ],
      });
      await play({ kind: "save", values: { n: { of: "json", path: "$.n" } } });
      await play({ kind: "eval", js: "document.cookie", save: "cookie" });
      expect(saved).toEqual({ n: 3, cookie: "mine=2; seen=1" });
      await play({ kind: "goto", url: "/nowhere" });
      expect(warnings).toEqual([`${site.url}/nowhere answered with status 404`]);
      await play({ kind: "goto", url: "/nowhere", status: { anyOf: [404] } });
      expect(await failed({ kind: "goto", url: "/nowhere", status: { anyOf: ["2xx"] } })).toMatchObject({
        code: "status",
        message: `Expected status to be 2xx, got 404 from ${site.url}/nowhere`,
      });
    }));

  test("a dialog is dismissed with a warning, a popup is not the test's page", () =>
    withPage("/dialog", async ({ play, warnings }) => {
      await play({ kind: "click", locator: { by: "text", value: "Ask" } });
      await play(check({ of: "title" }, { equals: "false" }));
      expect(warnings).toEqual(['Dismissed a dialog (confirm): "Sure?"']);
      await play({ kind: "goto", url: "/popup" });
      await play({ kind: "click", locator: { by: "text", value: "Open" } });
      await play(check({ of: "url" }, { equals: "/popup" }));
    }));
});

describe("perform() says what went wrong", () => {
  test("more than one match, no match, a disabled and a covered element", () =>
    withPage("/", async ({ play, failed }) => {
      const many = await failed({ kind: "click", locator: css(".item") });
      expect(many).toMatchObject({ outcome: "failed", code: "locator" });
      expect(many.message).toContain('Cannot click ".item": 2 elements match (nth says which)');
      await play({ kind: "click", locator: { ...css(".item"), nth: 1 } });
      const seen = await failed(check({ of: "hidden", locator: css(".item") }), 300);
      expect(seen.message).toContain('last seen 2 elements match ".item" (nth says which)');
      const none = await failed({ kind: "click", locator: css("#never") }, 300);
      expect(none).toMatchObject({
        code: "timeout",
        message: 'click "#never" was not done within 300 ms: no element matches',
      });
      const disabled = await failed({ kind: "click", locator: { by: "text", value: "buy" } }, 300);
      expect(disabled.message).toContain("within 300 ms: element is not enabled");
      expect((await failed({ kind: "click", locator: css("#gone") }, 300)).message).toContain(
        "element is not visible",
      );
      await play({ kind: "goto", url: "/covered" });
      const covered = await failed({ kind: "click", locator: css("button") }, 400);
      expect(covered.message).toContain('the element is covered: <div id="veil"></div>');
    }));

  test("an expectation: expected, last seen, for how long", () =>
    withPage("/", async ({ failed }) => {
      const text = await failed(check({ of: "text", locator: css("#count") }, { equals: 7 }), 300);
      expect(text).toMatchObject({
        code: "expect",
        message: 'Expected text of "#count" to equal "7", last seen "0", tried for 300 ms',
      });
      const state = await failed(check({ of: "visible", locator: css("#gone") }), 200);
      expect(state.message).toBe('Expected "#gone" to be visible, last seen hidden, tried for 200 ms');
      const gone = await failed(
        check({ of: "text", locator: css("#never") }, { not: { contains: "x" } }),
        200,
      );
      expect(gone.message).toContain('no element matches "#never"');
      const that = await failed(check({ of: "that", value: 1 }, { above: 1 }));
      expect(that.message).toBe("Expected the value to be a number above 1, got 1");
    }));

  test("a refused connection, a slow page, a bad locator, key, script and option", () =>
    withPage("/", async ({ play, failed }) => {
      const refused = await failed({ kind: "goto", url: "http://127.0.0.1:2/" });
      expect(refused).toMatchObject({ outcome: "failed", code: "navigation" });
      const slow = await failed({ kind: "goto", url: "/slow" }, 300);
      expect(slow).toMatchObject({ code: "timeout", message: expect.stringContaining("goto /slow") });
      await play({ kind: "goto", url: "/slow2" });
      await failed({ kind: "goto", url: "/slow" }, 200);
      await play({ kind: "goto", url: "/" });
      expect(await failed({ kind: "click", locator: css("a[[") })).toMatchObject({ code: "click" });
      expect((await failed({ kind: "press", key: "Nokey" })).message).toContain("Unknown key");
      expect(await failed({ kind: "eval", js: "Promise.reject(new Error('boo'))" })).toMatchObject({
        code: "eval",
        message: "The script failed: boo",
      });
      expect((await failed({ kind: "eval", js: "nope.x" })).message).toContain("nope is not defined");
      expect((await failed({ kind: "eval", js: "1 +" })).message).toContain("SyntaxError");
      const option = { kind: "select", locator: css("#size"), options: ["Huge"] };
      expect((await failed(option, 300)).message).toContain("not all options are there");
      const two = { kind: "select", locator: css("#size"), options: ["Small", "Large"] };
      expect((await failed(two)).message).toContain("it takes one");
      const file = { kind: "upload", locator: css("#file"), files: ["none.txt"] };
      expect((await failed(file)).message).toContain("none.txt");
      expect((await failed(check({ of: "status" }, { equals: 200 }))).message).toContain(
        "no request has been answered yet",
      );
    }));

  test("keys for a disabled field are not lost unseen", () =>
    withPage("/", async ({ play, failed }) => {
      await play({ kind: "eval", js: "document.querySelector('#mail').disabled = true" });
      const typed = await failed({ kind: "type", locator: css("#mail"), value: "x" }, 300);
      expect(typed).toMatchObject({ code: "timeout" });
    }));

  test("a busy page ends with the step's bound, and the browser is replaced when it cannot be closed", () =>
    withPage("/busy", async ({ failed }) => {
      const startMs = performance.now();
      await failed({ kind: "click", locator: css("button") }, 300);
      const error = await failed(check({ of: "text", locator: css("button") }, { equals: "x" }), 300);
      expect(error.message).toContain("the page did not answer");
      expect(performance.now() - startMs).toBeLessThan(1_500);
    }));

  test("a crashed page is the test's failure, a dead browser a loss, and the next open works", async () => {
    await withPage("/", async ({ failed, session }) => {
      expect(await failed({ kind: "goto", url: "chrome://crash" })).toMatchObject({
        outcome: "failed",
        code: "page_crash",
      });
      expect(await failed({ kind: "reload" })).toMatchObject({ code: "page_crash" });
      await session.collectEvidence(AbortSignal.timeout(1_000));
    });
    const warm = createWarmBrowser({}, systemClock);
    const doomed = createWebSlot(warm, systemClock);
    const first = await openOn(doomed, { baseUrl: site.url });
    const waiting = first.failed({ kind: "click", locator: css("#never") });
    const control = await (await warm.ready()).newBrowserCDPSession();
    control.send("Browser.crash").catch(() => undefined);
    expect(await waiting).toMatchObject({ outcome: "lost", code: "browser_crash" });
    await first.session.collectEvidence(AbortSignal.timeout(1_000));
    await first.close();
    const second = await openOn(doomed, { baseUrl: site.url });
    await second.play({ kind: "goto", url: "/" });
    await second.close();
    await doomed.close();
  });
});

describe("collectEvidence()", () => {
  test("picture, console, failed requests and last response, without secrets", async () => {
    const secret = "s3cr3t & wort";
    const played = await openOn(slot, { baseUrl: site.url, secrets: { PASS: secret } });
    await played.play({ kind: "goto", url: "/" });
    await played.play({ kind: "fill", locator: css("#name"), value: secret });
    await played.play({ kind: "eval", js: `console.log(document.querySelector('#name').value)` });
    await played.play({ kind: "eval", js: `fetch('/gone?p=' + encodeURIComponent(document.querySelector('#name').value))` });
    await played.play({ kind: "eval", js: "setTimeout(() => { throw new Error(document.querySelector('#name').value) })" });
    await played.play({ kind: "request", method: "GET", url: "/gone", query: { p: secret } });
    const error = await played.failed(
      check({ of: "value", locator: css("#name") }, { equals: "x" }),
      200,
    );
    await played.session.collectEvidence(AbortSignal.timeout(5_000));
    const names = played.evidence.map((one) => one.name);
    expect(names).toEqual(["failure.png", "console.txt", "network.json", "response.txt"]);
    const text = textOf(played.evidence) + error.message + played.warnings.join("\n");
    expect(text).toContain("***");
    expect(text).not.toMatch(/s3cr3t/);
    await played.close();
  });

  test("a picture covers what shows a secret", async () => {
    const secret = "visible-words";
    const played = await openOn(slot, { baseUrl: site.url, secrets: { S: secret } });
    await played.play({ kind: "goto", url: "/done" });
    await played.play({ kind: "eval", js: `document.body.innerHTML = '<div style="background:#fff">visible-<b>words</b></div>'` });
    await played.play({ kind: "screenshot", name: "covered" });
    await played.play({ kind: "eval", js: "document.body.innerHTML = '<div>other</div>'" });
    await played.play({ kind: "screenshot", name: "open" });
    const [covered, open] = played.evidence;
    expect(covered?.bytes).not.toEqual(open?.bytes);
    await played.play({ kind: "eval", js: "document.querySelectorAll('[data-panoptic-covered]').length", save: "left" });
    expect(played.saved["left"]).toBe(0);
    await played.close();
  });
});

describe("probe()", () => {
  test("launches and says the version, or says why it cannot", async () => {
    expect(await createWebDriver({}).probe(20_000)).toMatchObject({
      kind: "able",
      capability: { platform: "web", browser: "chromium", version: expect.stringMatching(/^\d+\./) },
    });
    expect(await createWebDriver({ browserPath: "/bin/false" }).probe(5_000)).toMatchObject({
      kind: "unable",
      reason: expect.stringContaining("/bin/false"),
    });
  });
});
