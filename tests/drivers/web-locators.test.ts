/** What narrows a locator, and inner frames, against real Chromium. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Locator } from "#proto/matcher.ts";
import type { DriverSlot } from "../../src/node/drivers/driver.ts";
import { createWebDriver } from "../../src/node/drivers/web/driver.ts";
import { describeLocator } from "../../src/node/drivers/web/locate.ts";
import { css, type Played, type Site, serve } from "./stage.ts";
import { check, playPage } from "./web-site.ts";

const PAGE = `<!doctype html><title>many</title>
<ul>
  <li id=tea>Green tea <a href=#>Buy</a></li>
  <li id=mate class=old>Mate <a href=#>Buy</a></li>
  <li id=milk>Milk</li>
  <li id=none style="display:none">Nothing <a href=#>Buy</a></li>
</ul>
<img alt="A sleeping cat" id=cat src=data:><span title="Close it" id=close>x</span>
<h1 id=h1>Part</h1><h2 id=h2>Part</h2>
<button id=on aria-pressed=true>Bold</button><button id=off aria-pressed=false>Bold</button>
<button id=more aria-expanded=false>More</button><button id=no disabled>More</button>
<input type=checkbox id=yes checked aria-label=Terms><input type=checkbox id=empty aria-label=Terms>
<div role=listbox><p role=option id=s aria-selected=true>Size</p><p role=option id=l aria-selected=false>Size</p></div>
<p id=path>go to /home/ now</p>`;

const OUTER = `<!doctype html><title>outer</title><p class=who>outer</p>
<iframe id=one src=/inner></iframe><iframe id=two name=second src=/inner?2></iframe>`;
const INNER = `<!doctype html><title>inner</title><p class=who>inner</p>
<button onclick="document.querySelector('.who').textContent='clicked'">Pay</button><input aria-label=Card>
<script>if (location.search === '?2') { const deep = document.createElement('iframe');
deep.id = 'deep'; deep.srcdoc = '<p class=who>deepest</p>'; document.body.append(deep) }</script>`;

let site: Site;
let slot: DriverSlot;

beforeAll(async () => {
  site = await serve({ "/": PAGE, "/outer": OUTER, "/inner": INNER });
  slot = createWebDriver({}).createSlot();
});
afterAll(async () => {
  await slot.close();
  await site.close();
});

const withPage = <T>(path: string, act: (played: Played) => Promise<T>) =>
  playPage({ slot, url: site.url }, path, act);

const role = (value: string, more: object) => ({ by: "role", value, ...more });
const BUY = role("link", { name: "Buy" });

describe("a locator", () => {
  test("finds by what narrows it", () =>
    withPage("/", async ({ play, saved }) => {
      const found: readonly (readonly [id: string, locator: object])[] = [
        ["cat", { by: "altText", value: "sleeping" }],
        ["close", { by: "title", value: "Close it", exact: true }],
        ["tea", { by: "text", value: "/^green/i", patterns: ["value"] }],
        ["tea", { ...css("li"), hasText: "/\\btea\\b/", patterns: ["hasText"] }],
        ["mate", { ...css("li"), has: BUY, hasNotText: "tea", visible: true }],
        ["tea", { ...css("li"), has: BUY, and: css(":not(.old)"), visible: true }],
        ["milk", { ...css("li"), hasNot: BUY, visible: true }],
        ["none", { ...css("li"), visible: false }],
        ["none", { ...css("li"), nth: -1 }],
        ["milk", { ...css("li"), nth: -2 }],
        ["milk", { ...css("li.never"), or: css("#milk") }],
        ["h2", role("heading", { name: "Part", level: 2 })],
        ["on", role("button", { name: "Bold", pressed: true })],
        ["off", role("button", { name: "Bold", pressed: false })],
        ["more", role("button", { expanded: false })],
        ["no", role("button", { name: "/more/i", patterns: ["name"], disabled: true })],
        ["yes", role("checkbox", { checked: true })],
        ["l", role("option", { selected: false })],
        ["path", { by: "text", value: "go to /home/ now", exact: true }],
      ];
      for (const [id, locator] of found) {
        await play({ kind: "save", values: { id: { of: "attribute", name: "id", locator } } });
        expect([saved["id"], locator]).toEqual([id, locator]);
      }
    }));

  test("fails in words that name all of it", () =>
    withPage("/", async ({ failed, play }) => {
      await play(check({ of: "hidden", locator: { ...css("li"), hasText: "Tofu" } }));
      const locator = { ...css("li"), hasText: "tea", has: role("link", { name: "Sell" }) };
      expect((await failed({ kind: "click", locator }, 300)).message).toBe(
        'click "li" with text "tea" with role link "Sell" was not done within 300 ms: no element matches',
      );
      const both = { ...css("li"), has: BUY, visible: true };
      expect((await failed({ kind: "click", locator: both })).message).toContain(
        "2 elements match (nth says which)",
      );
      const bad = { by: "text", value: "/a(/", patterns: ["value"] };
      expect(await failed({ kind: "click", locator: bad })).toMatchObject({
        code: "locator",
        message: expect.stringContaining("Cannot look for /a(/: "),
      });
    }));

  test("looks into inner frames, also of frames, for acts, expectations and saves", () =>
    withPage("/outer", async ({ play, failed, saved }) => {
      const one = css("#one");
      const who = (frame: object) => ({ ...css(".who"), frame });
      const deep = { ...css("#deep"), frame: { ...css("iframe"), nth: -1 } };
      await play(check({ of: "text", locator: css(".who") }, { equals: "outer" }));
      await play(check({ of: "text", locator: who(one) }, { equals: "inner" }));
      await play(check({ of: "text", locator: who(deep) }, { equals: "deepest" }));
      await play({ kind: "click", locator: { ...role("button", { name: "Pay" }), frame: one } });
      const card = { by: "label", value: "Card", within: css("body"), frame: one };
      await play({ kind: "fill", locator: card, value: "4242" });
      await play({
        kind: "save",
        values: { who: { of: "text", locator: who(one) }, card: { of: "value", locator: card } },
      });
      expect(saved).toEqual({ who: "clicked", card: "4242" });
      await play({ kind: "screenshot", name: "card", locator: card });
      await play(check({ of: "count", locator: who(css("#never")) }, { equals: 0 }));
      expect(
        (await failed(check({ of: "visible", locator: who(css("#never")) }), 200)).message,
      ).toBe(
        'Expected ".who" in frame "#never" to be visible, last seen no element matches ".who" in frame "#never", tried for 200 ms',
      );
      const outside = who(css("p"));
      expect((await failed({ kind: "click", locator: outside }, 300)).message).toContain(
        'in frame "p"',
      );
    }));
});

test("describeLocator() says all that narrows", () => {
  const locator = Locator.parse({
    ...role("row", { name: "/^a/", patterns: ["name"], level: 2, selected: false }),
    ...{ exact: true, hasNotText: "x", hasNot: css("b"), visible: true, nth: -1 },
    ...{ within: css("table"), frame: css("#f"), and: { ...css("i"), has: css("u") } },
  });
  expect(describeLocator(locator)).toBe(
    'role row /^a/ (level 2) (not selected) (exact) without text "x" (visible) (last) without "b" and ("i" with "u") within "table" in frame "#f"',
  );
});
