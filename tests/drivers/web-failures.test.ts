/** What the web driver says and keeps when steps fail, pages crash and browsers die. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "#shared/clock.ts";
import type { DriverSlot } from "../../src/node/drivers/driver.ts";
import { createWarmBrowser } from "../../src/node/drivers/web/browser.ts";
import { createWebDriver, createWebSlot } from "../../src/node/drivers/web/driver.ts";
import { css, openOn, type Played, type Site, textOf } from "./stage.ts";
import { check, playPage, servePages } from "./web-site.ts";

let site: Site;
let slot: DriverSlot;

beforeAll(async () => {
  site = await servePages();
  slot = createWebDriver({}).createSlot();
});
afterAll(async () => {
  await slot.close();
  await site.close();
});

const withPage = <T>(path: string, act: (played: Played) => Promise<T>) =>
  playPage({ slot, url: site.url }, path, act);

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
      const typo = { of: "attribute", name: "nope", locator: css("#never") } as const;
      expect((await failed(check(typo, { exists: false }), 200)).message).toContain(
        'no element matches "#never"',
      );
      const state = await failed(check({ of: "visible", locator: css("#gone") }), 200);
      expect(state.message).toBe(
        'Expected "#gone" to be visible, last seen hidden, tried for 200 ms',
      );
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
      for (const url of ["gopher://x/", "mailto:a@example.org"]) {
        const odd = await failed({ kind: "goto", url });
        expect(odd).toMatchObject({ outcome: "failed", code: "navigation" });
        expect(odd.message).toMatch(
          /a browser opens no address that begins with "(gopher|mailto):"$/,
        );
      }
      await play({ kind: "goto", url: "about:blank" });
      const slow = await failed({ kind: "goto", url: "/slow" }, 300);
      expect(slow).toMatchObject({
        code: "timeout",
        message: expect.stringContaining("goto /slow"),
      });
      await play({ kind: "goto", url: "/slow2" });
      await failed({ kind: "goto", url: "/slow" }, 200);
      await play({ kind: "goto", url: "/" });
      expect(await failed({ kind: "click", locator: css("a[[") })).toMatchObject({ code: "click" });
      expect((await failed({ kind: "press", key: "Nokey" })).message).toContain("Unknown key");
      expect(await failed({ kind: "eval", js: "Promise.reject(new Error('boo'))" })).toMatchObject({
        code: "eval",
        message: "The script failed: boo",
      });
      expect((await failed({ kind: "eval", js: "nope.x" })).message).toContain(
        "nope is not defined",
      );
      expect((await failed({ kind: "eval", js: "1 +" })).message).toContain("SyntaxError");
      const option = { kind: "select", locator: css("#size"), options: ["Huge"] };
      expect((await failed(option, 900)).message).toContain(
        'select "Huge" in "#size" was not done within 900 ms: not all options are there',
      );
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

  test("a busy page ends with the step's bound and is usable afterwards", () =>
    withPage("/busy", async ({ play, failed, session, evidence }) => {
      const error = await failed({ kind: "click", locator: css("button") }, 300);
      expect(error.message).toBe(
        'click "button" was not done within 300 ms: the page did not answer',
      );
      await session.collectEvidence(AbortSignal.timeout(20_000));
      expect(evidence.map((one) => one.name)).toContain("failure.png");
      await play(check({ of: "text", locator: css("button") }, { equals: "Hang" }));
    }));

  test("a wait for an address says where the page was", () =>
    withPage("/done", async ({ failed }) => {
      const wait = { kind: "wait", for: { kind: "url", matcher: { equals: "/late" } } };
      expect(await failed(wait, 200)).toMatchObject({
        code: "timeout",
        message: `Expected url to equal "${site.url}/late", last seen "${site.url}/done", tried for 200 ms`,
      });
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
    const doomed = createWebSlot({ warm, places: {}, clock: systemClock });
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
  test("what a busy page does not give is missing, with its reason", async () => {
    const played = await openOn(slot, { baseUrl: site.url });
    await played.play({ kind: "goto", url: "/" });
    await played.play({ kind: "eval", js: "void setTimeout(() => { for (;;); })" });
    await played.session.collectEvidence(AbortSignal.timeout(500));
    expect(played.missed).toEqual([
      { name: "failure.png", kind: "screenshot", reason: expect.stringMatching(/^Not taken: ./) },
      { name: "dom.html", kind: "dom", reason: expect.stringMatching(/^Not taken: ./) },
    ]);
    await played.close();
  });

  test("picture, console, failed requests and last response, without secrets", async () => {
    const secret = "s3cr3t & wort";
    const played = await openOn(slot, { baseUrl: site.url, secrets: { PASS: secret } });
    await played.play({ kind: "goto", url: "/" });
    await played.play({ kind: "fill", locator: css("#name"), value: secret });
    await played.play({ kind: "eval", js: `console.log(document.querySelector('#name').value)` });
    await played.play({
      kind: "eval",
      js: `fetch('/gone?p=' + encodeURIComponent(document.querySelector('#name').value))`,
    });
    await played.play({
      kind: "eval",
      js: "setTimeout(() => { throw new Error(document.querySelector('#name').value) })",
    });
    await played.play({ kind: "request", method: "GET", url: "/gone", query: { p: secret } });
    const error = await played.failed(
      check({ of: "value", locator: css("#name") }, { equals: "x" }),
      200,
    );
    await played.session.collectEvidence(AbortSignal.timeout(5_000));
    const names = played.evidence.map((one) => one.name);
    expect(names).toEqual([
      "failure.png",
      "dom.html",
      "console.txt",
      "network.json",
      "response.txt",
      "request.txt",
    ]);
    const text = textOf(played.evidence) + error.message + played.warnings.join("\n");
    expect(text).toContain("***");
    expect(text).not.toMatch(/s3cr3t/);
    await played.close();
  });

  test("a picture covers what shows a secret, and only that", async () => {
    const secret = "visible-words";
    const played = await openOn(slot, { baseUrl: site.url, secrets: { S: secret } });
    const show = (html: string) =>
      played.play({ kind: "eval", js: `document.body.innerHTML = ${JSON.stringify(html)}` });
    await played.play({ kind: "goto", url: "/done" });
    const spread = '<p style="height:30px">visible-<b>words</b></p>';
    const field = '<p style="height:30px"><input style="height:30px" value="visible-words"></p>';
    const rest = "<h1>Free</h1>";
    const pictures = [spread, spread.replace("words", "other"), field, rest];
    for (const html of pictures) {
      await show(html.includes("Free") ? html : html + rest);
      await played.play({ kind: "screenshot", name: "words" });
    }
    const greys = await Promise.all(played.evidence.map((one) => countCovered(played, one.bytes)));
    expect(greys[0]).toBeGreaterThan(10_000);
    expect(greys[0]).toBeLessThan(800 * 100);
    expect(greys[1]).toBeLessThan(500);
    expect(greys[2]).toBeGreaterThan(1_000);
    expect(greys[3]).toBeLessThan(500);
    const left = {
      kind: "eval",
      js: "document.querySelectorAll('[data-panoptic-covered]').length",
    };
    await played.play({ ...left, save: "left" });
    expect(played.saved["left"]).toBe(0);
    await played.close();
  });
});

/** Counts the pixels of a picture that have the cover's colour; the browser decodes it. */
async function countCovered(played: Played, png: Uint8Array): Promise<number> {
  const url = `data:image/png;base64,${Buffer.from(png).toString("base64")}`;
  const js = `(async () => {
    const image = new Image(); image.src = ${JSON.stringify(url)}; await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
    canvas.drawImage(image, 0, 0);
    const { data } = canvas.getImageData(0, 0, image.width, image.height);
    let count = 0;
    for (let at = 0; at < data.length; at += 4) if (data[at] === 68 && data[at + 1] === 68 && data[at + 2] === 68) count += 1;
    return count;
  })()`;
  const key = `count${png.length}`;
  await played.play({ kind: "eval", js, save: key }, 10_000);
  return Number(played.saved[key]);
}

describe("probe()", () => {
  test("launches and says the version, or says why it cannot", async () => {
    expect(await createWebDriver({}).probe(20_000)).toMatchObject({
      kind: "able",
      capability: {
        platform: "web",
        browser: "chromium",
        version: expect.stringMatching(/^\d+\./),
      },
    });
    expect(await createWebDriver({ browserPath: "/bin/false" }).probe(5_000)).toMatchObject({
      kind: "unable",
      reason: expect.stringContaining("/bin/false"),
    });
  });
});
