/** What expectations read of elements, against real Chromium: each passes, and fails for its own reason. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DriverSlot } from "../../src/node/drivers/driver.ts";
import { createWebDriver } from "../../src/node/drivers/web/driver.ts";
import { css, openOn, type Played, type Site, serve } from "./stage.ts";
import { check } from "./web-site.ts";

const PAGE = `<!doctype html><html lang=en><title>Parts</title>
<style>#box { color: rgb(1, 2, 3); --gap: 4px }</style>
<h1 id=box class="big  red">Box</h1>
<label for=mail>E-mail</label><input id=mail aria-describedby=hint><p id=hint>Never shared</p>
<input id=fixed readonly value=x><textarea id=none></textarea><div id=void> <span></span> </div>
<ul><li class=item> one </li><li class=item>two  words</li><li class=item style="display:none">gone</li></ul>
<select id=many multiple><option value=a selected>A<option value=b>B<option value=c selected>C</select>
<button id=go><img alt=Go></button>
<div style="height:3000px"></div><p id=far>far</p>
<script>setTimeout(() => document.querySelector("#mail").focus(), 150)</script>`;

let site: Site;
let slot: DriverSlot;
let played: Played;

beforeAll(async () => {
  site = await serve({ "/": PAGE });
  slot = createWebDriver({}).createSlot();
  played = await openOn(slot, { baseUrl: site.url });
  await played.play({ kind: "goto", url: "/" });
});
afterAll(async () => {
  await played.close();
  await slot.close();
  await site.close();
});

const of = (name: string, selector: string, more: object = {}) => ({
  of: name,
  locator: css(selector),
  ...more,
});

const HOLDS: readonly (readonly [string, object, (object | undefined)?])[] = [
  ["focus that comes late", of("focused", "#mail")],
  ["no focus", of("focused", "#fixed"), { equals: false }],
  ["a field that takes text", of("editable", "#mail")],
  ["one that does not", of("editable", "#fixed"), { equals: false }],
  ["an empty field", of("empty", "#none")],
  ["an element without text", of("empty", "#void")],
  ["what is there", of("attached", ".item:last-child")],
  ["what is not", of("attached", "#never"), { equals: false }],
  ["what can be seen", of("inViewport", "#box", { ratio: 1 })],
  ["what is further down", of("inViewport", "#far"), { equals: false }],
  ["classes as a list", of("class", "#box"), { contains: "red", length: { equals: 2 } }],
  ["classes as HTML writes them", of("class", "#box"), { equals: "big red" }],
  ["a style", of("css", "#box", { name: "color" }), { equals: "rgb(1, 2, 3)" }],
  ["a custom property", of("css", "#box", { name: "--gap" }), { equals: "4px" }],
  ["an id", of("id", "h1"), { startsWith: "bo", endsWith: "ox" }],
  ["texts of all", of("texts", ".item"), { equals: ["one", "two words", ""] }],
  ["texts with one", of("texts", ".item"), { contains: "two   words", type: "array" }],
  ["texts of none", of("texts", ".never"), { length: { equals: 0 } }],
  ["chosen options", of("values", "#many"), { equals: ["a", "c"] }],
  ["a role", of("role", "#go"), { equals: "button" }],
  ["a name", of("accessibleName", "#go"), { equals: "Go" }],
  ["a name by a label", of("accessibleName", "#mail"), { equals: "E-mail" }],
  ["a description", of("accessibleDescription", "#mail"), { contains: "shared" }],
];

const FAILS: readonly (readonly [string, object, object | undefined, string])[] = [
  ["focus", of("focused", "#fixed"), undefined, "to be focused, last seen not focused"],
  ["no focus", of("focused", "#mail"), { equals: false }, "not to be focused, last seen focused"],
  ["editable", of("editable", "#fixed"), undefined, "last seen not editable"],
  ["empty", of("empty", "#box"), undefined, "last seen not empty"],
  ["attached", of("attached", "#never"), undefined, "last seen not attached"],
  ["viewport", of("inViewport", "#far"), undefined, "to be in the viewport, last seen not in"],
  ["several", of("focused", ".item"), undefined, "3 elements match"],
  [
    "class",
    of("class", "#box"),
    { contains: "re" },
    'classes of "#box" to contain "re", last seen ["big","red"]',
  ],
  [
    "css",
    of("css", "#box", { name: "color" }),
    { equals: "red" },
    'css color of "#box" to equal "red", last seen "rgb(1, 2, 3)"',
  ],
  ["css of none", of("css", "#box", { name: "colour" }), { equals: "red" }, "last seen nothing"],
  ["id", of("id", "h1"), { endsWith: "y" }, 'to end with "y", last seen "box"'],
  [
    "texts",
    of("texts", ".item"),
    { length: { above: 3 } },
    "to have a length (to be a number above 3)",
  ],
  ["values", of("values", "#many"), { equals: ["a"] }, 'last seen ["a","c"]'],
  ["values of no list", of("values", "#box"), { equals: [] }, "no list of options"],
  ["role", of("role", "#box"), { equals: "button" }, 'last seen "heading"'],
  [
    "name",
    of("accessibleName", "#go"),
    { equals: "Stop" },
    'accessible name of "#go" to equal "Stop", last seen "Go"',
  ],
  ["description", of("accessibleDescription", "#mail"), { equals: "" }, 'last seen "Never shared"'],
  ["name of nothing", of("accessibleName", "#never"), { equals: "x" }, "no element matches"],
];

describe("expect of elements", () => {
  test.each(HOLDS.map(([name, ...of]) => ({ name, of })))(
    "holds: $name",
    ({ of: [subject, matcher] }) => played.play(check(subject, matcher)),
  );

  test("fails for what it is, all at once: each waits for its bound", async () => {
    const errors = await Promise.all(
      FAILS.map(([, subject, matcher]) => played.failed(check(subject, matcher), 2_500)),
    );
    for (const [index, error] of errors.entries()) {
      expect(error).toMatchObject({ code: "expect", outcome: "failed" });
      expect(error.message).toContain(FAILS[index]?.[3]);
    }
  });

  test("save keeps lists and names", async () => {
    const values = {
      all: of("texts", ".item"),
      name: of("accessibleName", "#go"),
      css: of("css", "#box", { name: "color" }),
    };
    await played.play({ kind: "save", values });
    expect(played.saved).toMatchObject({
      all: ["one", "two words", ""],
      name: "Go",
      css: "rgb(1, 2, 3)",
    });
  });
});
