/** `shown`: elements by what they show and where they lie, in real Chromium. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { DriverSlot } from "../../src/node/drivers/driver.ts";
import { createWebDriver } from "../../src/node/drivers/web/driver.ts";
import { type Site, serve } from "./stage.ts";
import { check, playPage } from "./web-site.ts";

const PAGE = `<!doctype html><title>shown</title>
<style>.row{display:flex;gap:40px}</style>
<h2>Leave</h2><button id=leave>Leave</button><h1>Two   drinks</h1>
<div class=row><b id=tea>Tea</b><button id=t onclick="document.title='tea'">Remove</button></div>
<div class=row><b id=milk>Milk</b><button id=m onclick="document.title='milk'">Remove</button></div>
<p id=gone style="display:none">Sold out</p>
<input id=mail placeholder="Your e-mail"><input aria-label="Card number" id=card value="4000">
<button id=mixed>Add <i>two</i> more</button>
<label><input type=checkbox id=yes checked name=terms> Terms (all of them)</label>
<div id=host></div><script>host.attachShadow({mode:'open'}).innerHTML='<u id=deep>In the shadow</u>'</script>
<p id=loud style="text-transform:uppercase">Buy <i style="display:none">it</i> now</p>
<p data-testid=total-price>12.50</p><button disabled id=off>Pay</button>`;

let site: Site;
let slot: DriverSlot;

beforeAll(async () => {
  site = await serve({ "/": PAGE });
  slot = createWebDriver({}).createSlot();
});
afterAll(async () => {
  await slot.close();
  await site.close();
});

const shown = (words: object) => ({ by: "shown", value: "it", shown: words });

test("finds what a person points at, and nothing else", async () => {
  const found: ReadonlyArray<readonly [words: object, id: string]> = [
    [{ text: "tea" }, "tea"],
    [{ text: "M.lk" }, "milk"],
    [{ text: "Your e-mail" }, "mail"],
    [{ text: "Card.*" }, "card"],
    [{ text: "4000" }, "card"],
    [{ text: "Add two more" }, "mixed"],
    [{ text: "Terms (all of them)", containsChild: { id: "terms" } }, ""],
    [{ id: "terms", checked: true }, "yes"],
    [{ text: "Remove", rightOf: { text: "Milk" } }, "m"],
    [{ text: "Remove", below: { text: "Tea" } }, "m"],
    [{ text: "Remove", index: 1 }, "m"],
    [{ text: "Remove", childOf: { css: ".row", containsDescendants: [{ text: "Tea" }] } }, "t"],
    [{ text: "In the shadow" }, "deep"],
    [{ text: "Pay", enabled: false }, "off"],
    [{ text: "Leave" }, "leave"],
    [{ text: 'Pay(\'s)? >> "x"|Pay' }, "off"],
  ];
  await playPage({ slot, url: site.url }, "/", async ({ play }) => {
    for (const [words, id] of found)
      await play(
        id === ""
          ? check({ of: "visible", locator: shown(words) })
          : check({ of: "attribute", name: "id", locator: shown(words) }, { equals: id }),
      );
    for (const words of [
      { text: "Te" },
      { text: "Sold out" },
      { text: "Pay", enabled: true },
      { text: "Remove", index: 2 },
      { text: "Tea", below: { text: "Milk" } },
      { id: "terms", checked: false },
    ])
      await play(check({ of: "count", locator: shown(words) }, { equals: 0 }));
  });
});

test("textContent reads what is hidden, and letters as the source has them", async () => {
  await playPage({ slot, url: site.url }, "/", async ({ play, failed }) => {
    const loud = { by: "css", value: "#loud" };
    await play(check({ of: "textContent", locator: loud }, { equals: "Buy it now" }));
    await play(check({ of: "text", locator: loud }, { equals: "BUY NOW" }));
    const missed = await failed(
      check({ of: "textContent", locator: loud }, { equals: "BUY NOW" }),
      300,
    );
    expect(missed.message).toContain('to equal "BUY NOW", last seen "Buy it now"');
  });
});

test("acts on it, and says what was looked for when it is not there", async () => {
  await playPage({ slot, url: site.url }, "/", async ({ play, failed }) => {
    await play({ kind: "click", locator: shown({ text: "Remove", rightOf: { text: "Milk" } }) });
    await play(check({ of: "title" }, { equals: "milk" }));
    const locator = { by: "shown", value: "Sold out", shown: { text: "Sold out" } };
    const missed = await failed(check({ of: "visible", locator }), 300);
    expect(missed.message).toContain('Expected shown "Sold out" to be visible');
  });
});
