/** What expectations judge of a page as a whole, against real Chromium: each passes, and fails for its own reason. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DriverSlot } from "../../src/node/drivers/driver.ts";
import { createWebDriver } from "../../src/node/drivers/web/driver.ts";
import { css, openOn, type Played, type Site, serve, textOf } from "./stage.ts";
import { check, playPage } from "./web-site.ts";

const SHOP = `<!doctype html><html lang=en><title>Shop</title><link rel=icon href=data:,>
<main><h1>Shop</h1><nav aria-label=Main><ul><li><a href=/a>Apples</a></li><li><a href=/b>Pears</a></li></ul></nav>
<button id=buy onclick="fetch('/api/orders?x=1', { method: 'POST', headers: { 'content-type': 'application/json', 'x-kind': 'order' },
  body: JSON.stringify({ item: { id: 7 }, words: 'a few' }) }).then((r) => { state.textContent = r.status })">Buy</button>
<button id=big onclick="fetch('/api/orders', { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'x'.repeat(70000) })">Much</button>
<button id=talk onclick="console.warn('careful', 1); console.error('broken: s3cr3t-value'); setTimeout(() => { throw new Error('nobody caught me') })">Talk</button>
<p id=state>new</p></main>`;

/** Nothing may run here but what the debugger brings. */
const WRONG = `<!doctype html><html lang=en><title>Wrong</title><meta http-equiv=Content-Security-Policy content="default-src 'none'; frame-src *; img-src data:">
<main><h1>Wrong</h1><img id=bad src=data:, class=s3cr3t-value><div id=part><button class=none></button></div>
<iframe title=inner src=/inner></iframe></main>`;
const INNER = `<!doctype html><html lang=en><title>Inner</title><p>Fine</p><input id=nameless>`;

let site: Site;
let slot: DriverSlot;

beforeAll(async () => {
  site = await serve({
    "/": SHOP,
    "/wrong": WRONG,
    "/inner": INNER,
    "/api/orders": (_, response) => void response.writeHead(201).end("{}"),
  });
  slot = createWebDriver({}).createSlot();
});
afterAll(async () => {
  await slot.close();
  await site.close();
});

const on = <T>(path: string, act: (played: Played) => Promise<T>) =>
  playPage({ slot, url: site.url }, path, act);
const click = (selector: string) => ({ kind: "click", locator: css(selector) });
const requests = (more: object) => ({ of: "requests", ...more });
const says = (more: object) => ({ of: "console", ...more });

describe("requests", () => {
  const order = requests({
    ...{ url: { glob: "**/api/orders?*" }, method: "post", status: { anyOf: ["2xx"] } },
    headers: { "X-Kind": { equals: "order" } },
    body: { contains: "a few" },
    json: { "$.item.id": { equals: 7 }, "$.words": { startsWith: "a" } },
  });

  test("that were made, also later than the expectation begins", () =>
    on("/", async ({ play }) => {
      await play({ kind: "eval", js: "setTimeout(() => buy.click(), 200)" });
      await play(check(order));
      await play(check(order, { equals: 1 }));
      await play(check(requests({ url: { glob: "/api/{orders,carts}?x=1" } })));
      await play(check(requests({ url: { equals: "/api/orders?x=1" } })));
      await play(check(requests({ url: { glob: "**/nothing" } }), { equals: 0 }));
    }));

  test("of the last step only", () =>
    on("/", async ({ play, failed }) => {
      await play(click("#buy"));
      await play(check(requests({ url: { glob: "**/api/**" }, since: "step" })));
      await play(click("h1"));
      await play(check(requests({ since: "step" }), { equals: 0 }));
      const error = await failed(check(requests({ url: { glob: "**/api/**" } }), { equals: 0 }));
      expect(error.message).toMatch(
        /^Expected the count of requests \*\*\/api\/\*\* to equal 0, seen 1; of \d requests:\n {2}POST .*: is so$/,
      );
    }));

  test("fail for what they differ in", () =>
    on("/", async ({ play, failed }) => {
      await play(click("#buy"));
      await play(check({ of: "text", locator: css("#state") }, { equals: "201" }));
      const cases = [
        [
          { url: { glob: "**/api/carts" } },
          /seen 0, tried for \d+ ms[^;]*; of 2 requests:.*differs in its url/s,
        ],
        [{ url: { glob: "**/api/**" }, method: "PUT" }, /POST .*: differs in its method/],
        [{ method: "POST", body: { equals: "x" } }, /differs in its body "\{\\"item/],
        [
          { method: "POST", json: { "$.item.id": { above: 7 } } },
          /differs in \$\.item\.id of its body/,
        ],
        [
          { method: "POST", headers: { "x-kind": { equals: "no" } } },
          /differs in its header x-kind/,
        ],
        [{ method: "POST", status: { anyOf: [404] } }, /differs in its status 201/],
      ] as const;
      const errors = await Promise.all(cases.map(([more]) => failed(check(requests(more)), 1_000)));
      for (const [index, [, text]] of cases.entries()) expect(errors[index]?.message).toMatch(text);
    }));

  test("what was not kept is neither there nor not there", () =>
    on("/", async ({ play, failed }) => {
      await play(click("#big"));
      await play(check(requests({ url: { glob: "**/api/orders" } }), { equals: 1 }));
      const body = requests({ method: "POST", body: { contains: "y" } });
      for (const matcher of [{ equals: 0 }, { atLeast: 1 }])
        expect((await failed(check(body, matcher), 500)).message).toContain(
          "seen 0 and 1 more that may be so: its body of 70000 bytes is longer than 65536",
        );
    }));
});

describe("console", () => {
  test("counts by level and text, page errors too", () =>
    on("/", async ({ play, failed }) => {
      const errors = says({ levels: ["error", "pageError"] });
      await play(check(errors, { equals: 0 }));
      await play(click("#talk"));
      await play(check(says({ levels: ["warning"], text: { equals: "careful 1" } })));
      await play(
        check(says({ levels: ["pageError"], text: { contains: "nobody caught me" } }), {
          equals: 1,
        }),
      );
      const error = await failed(check(errors, { equals: 0 }));
      expect(error).toMatchObject({ code: "expect" });
      expect(error.message).toMatch(
        /^Expected the count of console messages of error or pageError to equal 0, seen 2:\n {2}\[error\] broken: s3cr3t-value\n {2}\[pageError\] Error: nobody caught me$/,
      );
      const none = await failed(check(says({ text: { contains: "silence" } })), 500);
      expect(none.message).toContain(
        'with a text to contain "silence" to be a number of at least 1, seen 0',
      );
    }));
});

describe("the accessibility tree", () => {
  const aria = (template: string, locator?: object) => ({
    of: "aria",
    template,
    ...(locator && { locator }),
  });

  test("is like a part of it, by expressions, by all children", () =>
    on("/", async ({ play }) => {
      await play(check(aria('- heading "Shop" [level=1]\n- button "Buy"')));
      await play(check(aria("- navigation:\n  - list:\n    - listitem:\n      - link /^Ap+les$/")));
      const all = `    - list:
      - /children: equal
      - listitem:
        - link "Apples":
          - /url: /a
      - listitem\n`;
      await play(check(aria(all)));
    }));

  test("is waited for, and kept by save", () =>
    on("/", async ({ play, saved }) => {
      await play({
        kind: "eval",
        js: "setTimeout(() => { state.outerHTML = '<h2>Late</h2>' }, 200)",
      });
      await play(check(aria('- heading "Late"')));
      await play({ kind: "save", values: { tree: { of: "aria", locator: css("nav") } } });
      expect(saved["tree"]).toMatch(/^- navigation "Main":\n {2}- list:\n {4}- listitem:/);
    }));

  test("fails with a diff, and for what is no template", () =>
    on("/", async ({ failed }) => {
      const cases = [
        ['- button "Sell"', /- is what was expected, \+ what was seen:\n.*- - button "Sell"/s],
        ["- list:\n  - /children: equal\n  - listitem", /\+ .*link "Apples"/],
        ["- button: {", /: .*(flow|Flow|map)/],
      ] as const;
      const [lost, ...errors] = await Promise.all([
        failed(check(aria("- button", css("#never"))), 2_000),
        ...cases.map(([template]) => failed(check(aria(template)), 2_000)),
      ]);
      for (const [index, [, text]] of cases.entries()) {
        expect(errors[index]?.message).toMatch(
          /^Expected the accessibility tree to be like the template, tried/,
        );
        expect(errors[index]?.message).toMatch(text);
      }
      expect(lost.message).toMatch(/tree of "#never" .*: element\(s\) not found$/);
    }));
});

describe("a11y", () => {
  const a11y = (more: object = {}) => check({ of: "a11y", ...more });

  test("finds what is wrong behind a policy and in inner frames", () =>
    on("/wrong", async ({ failed, evidence, play, saved }) => {
      const error = await failed(a11y(), 10_000);
      expect(error).toMatchObject({ code: "expect" });
      expect(error.message).toMatch(
        /^Expected the page to have no violations of accessibility, found 3 in 3 rules, tried for \d+ ms; all of it is in a11y\.json:/,
      );
      expect(error.message).toMatch(/image-alt \(critical\): .*, at #bad; https:/);
      expect(error.message).toMatch(/button-name \(critical\): .*, at button; https:/);
      expect(error.message).toMatch(/label \(critical\): .*, at iframe >> #nameless; https:/);
      const kept = JSON.parse(textOf(evidence)) as { violations: { id: string }[] };
      expect(kept.violations.map(({ id }) => id)).toEqual(["button-name", "image-alt", "label"]);
      await play({ kind: "eval", js: "'axe' in window", save: "left" });
      expect(saved["left"]).toBe(false);
    }));

  test("only where, only what, only so bad, only so many", () =>
    on("/wrong", async ({ play, failed }) => {
      await play(a11y({ max: 3 }), 10_000);
      await play(a11y({ exclude: [css("#bad"), css(".none"), css("iframe")] }), 10_000);
      await play(a11y({ rules: ["html-has-lang"] }), 10_000);
      const part = await failed(a11y({ locator: css("#part"), impact: "critical" }), 10_000);
      expect(part.message).toMatch(
        /^Expected "#part" .* of at least critical impact, found 1 in 1 rules/,
      );
      const unknown = await failed(a11y({ tags: ["wcag9"] }), 10_000);
      expect(unknown.message).toContain("axe-core has no tag wcag9: it has ");
      await play({ kind: "goto", url: "/" });
      await play(a11y(), 10_000);
    }));
});

describe("performance", () => {
  const speed = (metric: string) => ({ of: "performance", metric });

  test("measures what there is", () =>
    on("/", async ({ play }) => {
      for (const metric of ["ttfb", "fcp", "lcp", "domContentLoaded", "load"])
        await play(check(speed(metric), { above: 0, below: 60_000 }));
      await play(check(speed("cls"), { atMost: 0.1 }));
      await play(check(speed("requests"), { equals: 1 }));
      await play(check(speed("transferBytes"), { above: 500, below: 5_000 }));
      await play({ kind: "press", key: "Tab" });
      await play(check(speed("inp"), { atLeast: 0 }));
    }));

  test("fails for too much, and for what was not measured", () =>
    on("/", async ({ failed }) => {
      const [slow, none] = await Promise.all([
        failed(check(speed("load"), { below: 0.01 }), 1_000),
        failed(check(speed("inp"), { not: { above: 200 } }), 1_000),
      ]);
      expect(slow.message).toMatch(
        /^Expected performance load to be a number below 0.01, measured [\d.]+ ms, tried for 1000 ms$/,
      );
      expect(none.message).toContain("but there is none: nobody has clicked, tapped or typed yet");
    }));
});

test("no failure and no file tells a secret that the page has", async () => {
  const played = await openOn(slot, { baseUrl: site.url, secrets: { PIN: "s3cr3t-value" } });
  try {
    await played.play({ kind: "goto", url: "/" });
    await played.play(click("#talk"));
    await played.play({ kind: "eval", js: "fetch('/api/orders?pin=s3cr3t-value')" });
    await played.play({ kind: "eval", js: "state.setAttribute('aria-label', 's3cr3t-value')" });
    const errors = [
      await played.failed(check(says({ levels: ["error"] }), { equals: 0 })),
      await played.failed(check(requests({ url: { glob: "**/api/*" } }), { equals: 0 })),
      await played.failed(check({ of: "aria", template: '- button "No"' }), 500),
    ];
    await played.play({ kind: "goto", url: "/wrong" });
    errors.push(await played.failed(check({ of: "a11y", rules: ["image-alt"] }), 10_000));
    for (const { message } of errors) expect(message).not.toContain("s3cr3t");
    expect(errors[0]?.message).toContain("[error] broken: ");
    expect(errors[1]?.message).toContain("/api/orders?pin=");
    expect(errors[3]?.message).toContain("at #bad");
    expect(textOf(played.evidence)).toContain("<img id");
    expect(textOf(played.evidence)).not.toContain("s3cr3t");
  } finally {
    await played.close();
  }
});
