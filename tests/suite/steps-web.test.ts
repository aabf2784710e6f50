import { expect, test } from "vitest";
import { finishedStep, stepOf, testsOf } from "./suite-kit.ts";

type Row = readonly [step: string, args: unknown];

const css = (value: string) => ({ by: "css", value });
const check = (subject: unknown, more: object = {}) => ({ checks: [{ subject, ...more }] });

const WEB: readonly Row[] = [
  ["goto: /", { url: "/" }],
  [
    "goto: { url: /a, waitUntil: networkidle, status: 200 }",
    { url: "/a", waitUntil: "networkidle", status: { anyOf: [200] } },
  ],
  ["goto: { url: /a, status: [200, 3xx] }", { url: "/a", status: { anyOf: [200, "3xx"] } }],
  ["goto: { url: /a, status: { below: 400 } }", { url: "/a", status: { matcher: { below: 400 } } }],
  ["back: true", {}],
  ["forward: true", {}],
  ["reload: true", {}],
  ['click: "#a"', { locator: css("#a") }],
  ["click: text=Add to cart", { locator: { by: "text", value: "Add to cart" } }],
  ["click: 'xpath=//button[1]'", { locator: { by: "xpath", value: "//button[1]" } }],
  ["click: { css: .x }", { locator: css(".x") }],
  [
    "click: { text: Save, exact: true, nth: 2 }",
    { locator: { by: "text", value: "Save", exact: true, nth: 2 } },
  ],
  [
    "click: { role: button, name: Add to cart }",
    { locator: { by: "role", value: "button", name: "Add to cart" } },
  ],
  [
    "click: { role: button, within: { testId: card } }",
    { locator: { by: "role", value: "button", within: { by: "testId", value: "card" } } },
  ],
  [
    'click: { label: E-mail, within: "#form" }',
    { locator: { by: "label", value: "E-mail", within: css("#form") } },
  ],
  ["click: { placeholder: Search }", { locator: { by: "placeholder", value: "Search" } }],
  ["click: { testId: add }", { locator: { by: "testId", value: "add" } }],
  ["click: { xpath: //a, nth: 0 }", { locator: { by: "xpath", value: "//a", nth: 0 } }],
  ['click: { on: "#a", button: right }', { locator: css("#a"), button: "right" }],
  [
    "click: { on: { role: link, name: Home }, modifiers: [Control, Shift] }",
    { locator: { by: "role", value: "link", name: "Home" }, modifiers: ["Control", "Shift"] },
  ],
  [
    "click: { css: canvas, position: { x: 1, y: 2.5 } }",
    { locator: css("canvas"), position: { x: 1, y: 2.5 } },
  ],
  ["dblclick: { text: 2024 }", { locator: { by: "text", value: "2024" } }],
  ['hover: "#a"', { locator: css("#a") }],
  ["check: { label: I agree }", { locator: { by: "label", value: "I agree" } }],
  ['uncheck: { on: "#a" }', { locator: css("#a") }],
  [
    "fill: { label: E-mail, value: a@example.org }",
    { locator: { by: "label", value: "E-mail" }, value: "a@example.org" },
  ],
  ['fill: { css: "#a", value: "" }', { locator: css("#a"), value: "" }],
  ['fill: { on: "#a", value: 0042 }', { locator: css("#a"), value: "0042" }],
  [
    "fill: { role: textbox, name: City, value: true }",
    { locator: { by: "role", value: "textbox", name: "City" }, value: "true" },
  ],
  ['fill: { css: "#a", value: "${data.id}" }', { locator: css("#a"), value: "7" }],
  ['fill: { css: "#a", value: "${secrets.P}" }', { locator: css("#a"), value: "${secrets.P}" }],
  ['type: { css: "#a", value: hi, delay: 50ms }', { locator: css("#a"), value: "hi", delayMs: 50 }],
  ["press: Enter", { key: "Enter" }],
  ["press: 1", { key: "1" }],
  ['press: { css: "#a", key: Control+A }', { key: "Control+A", locator: css("#a") }],
  ['press: { on: "#a", key: Tab }', { key: "Tab", locator: css("#a") }],
  ["press: { key: Escape }", { key: "Escape" }],
  [
    "select: { label: Size, option: Large }",
    { locator: { by: "label", value: "Size" }, options: ["Large"] },
  ],
  ['select: { css: "#a", option: [1, two] }', { locator: css("#a"), options: ["1", "two"] }],
  ["scroll: top", { to: { kind: "top" } }],
  ["scroll: bottom", { to: { kind: "bottom" } }],
  ['scroll: { to: "#a" }', { to: { kind: "locator", locator: css("#a") } }],
  ["scroll: { by: { x: 0, y: -200 } }", { to: { kind: "by", x: 0, y: -200 } }],
  ["scroll: { by: { y: 200 } }", { to: { kind: "by", x: 0, y: 200 } }],
  ["wait: 500ms", { for: { kind: "time", ms: 500 } }],
  ["wait: 1.5s", { for: { kind: "time", ms: 1500 } }],
  ["wait: 2m", { for: { kind: "time", ms: 120_000 } }],
  ["wait: 250", { for: { kind: "time", ms: 250 } }],
  ['wait: { for: "#a" }', { for: { kind: "locator", locator: css("#a") } }],
  [
    "wait: { for: { role: alert }, state: detached }",
    { for: { kind: "locator", locator: { by: "role", value: "alert" }, state: "detached" } },
  ],
  ["wait: { text: Thank you }", { for: { kind: "text", text: "Thank you" } }],
  ["wait: { url: { contains: done } }", { for: { kind: "url", matcher: { contains: "done" } } }],
  ["wait: { url: /done }", { for: { kind: "url", matcher: { equals: "/done" } } }],
  ["screenshot: cart", { name: "cart" }],
  [
    'screenshot: { name: cart, on: "#a", fullPage: false }',
    { name: "cart", locator: css("#a"), fullPage: false },
  ],
  ["screenshot: { name: cart, fullPage: true }", { name: "cart", fullPage: true }],
  [
    "screenshot: { name: a.JPG, on: '#a', format: jpg, quality: 40 }",
    { name: "a.JPG", locator: css("#a"), format: "jpeg", quality: 40 },
  ],
  ["submit: true", {}],
  ["submit: '#form'", { locator: css("#form") }],
  ["submit: { css: form, nth: 0 }", { locator: { ...css("form"), nth: 0 } }],
  [
    "click: { css: '#a', nth: 0, waitForLoad: true }",
    { locator: { ...css("#a"), nth: 0 }, waitForLoad: true },
  ],
  ["record: start", { action: "start" }],
  ["record: stop", { action: "stop" }],
  ["record: { start: demo.webm }", { action: "start", name: "demo.webm" }],
  ["record: { start: demo, format: mp4 }", { action: "start", name: "demo", format: "mp4" }],
  ["record: { stop: demo }", { action: "stop", name: "demo" }],
  ["record: { name: demo, for: 5s }", { action: "start", name: "demo", forMs: 5000, hold: true }],
  [
    "record: { for: 500ms, format: webm }",
    { action: "start", forMs: 500, format: "webm", hold: true },
  ],
  ["record: { for: 5s, hold: false }", { action: "start", forMs: 5000, hold: false }],
  ["eval: document.title", { js: "document.title" }],
  ["eval: { js: 1 + 1, save: two }", { js: "1 + 1", save: "two" }],
  ["eval: { js: 'fetch(\"/x\").then(r => r.status)' }", { js: 'fetch("/x").then(r => r.status)' }],
  ['save: { a: { text: "#a" } }', { values: { a: { of: "text", locator: css("#a") } } }],
  [
    "save: { u: { url: true }, t: { title: true }, n: { count: .x } }",
    { values: { u: { of: "url" }, t: { of: "title" }, n: { of: "count", locator: css(".x") } } },
  ],
  [
    "save: { a: { attribute: href, on: a } }",
    { values: { a: { of: "attribute", name: "href", locator: css("a") } } },
  ],
  [
    "save: { a: { value: { label: E-mail } } }",
    { values: { a: { of: "value", locator: { by: "label", value: "E-mail" } } } },
  ],
  ["save: { a: { visible: .x } }", { values: { a: { of: "visible", locator: css(".x") } } }],
  [
    'save: { a: "$.price", b: { header: etag }, c: { status: true } }',
    {
      values: {
        a: { of: "json", path: "$.price" },
        b: { of: "header", name: "etag" },
        c: { of: "status" },
      },
    },
  ],
  [
    'expect: { visible: "text=Thank you" }',
    check({ of: "visible", locator: { by: "text", value: "Thank you" } }),
  ],
  ["expect: { hidden: .spinner }", check({ of: "hidden", locator: css(".spinner") })],
  [
    "expect: { enabled: { role: button } }",
    check({ of: "enabled", locator: { by: "role", value: "button" } }),
  ],
  ["expect: { disabled: .x }", check({ of: "disabled", locator: css(".x") })],
  [
    "expect: { checked: { label: I agree } }",
    check({ of: "checked", locator: { by: "label", value: "I agree" } }),
  ],
  ["expect: { unchecked: .x }", check({ of: "unchecked", locator: css(".x") })],
  [
    'expect: { text: "#count", equals: "1" }',
    check({ of: "text", locator: css("#count") }, { matcher: { equals: "1" } }),
  ],
  [
    "expect: { value: { label: E-mail }, contains: '@', not: { equals: a@b } }",
    check(
      { of: "value", locator: { by: "label", value: "E-mail" } },
      { matcher: { contains: "@", not: { equals: "a@b" } } },
    ),
  ],
  [
    "expect: { count: .item, atLeast: 1, atMost: 3 }",
    check({ of: "count", locator: css(".item") }, { matcher: { atLeast: 1, atMost: 3 } }),
  ],
  [
    "expect: { count: .item, equals: 0 }",
    check({ of: "count", locator: css(".item") }, { matcher: { equals: 0 } }),
  ],
  [
    "expect: { attribute: href, on: a.home, matches: /^http/i }",
    check(
      { of: "attribute", name: "href", locator: css("a.home") },
      { matcher: { matches: "/^http/i" } },
    ),
  ],
  [
    "expect: { attribute: hidden, on: a, exists: false }",
    check({ of: "attribute", name: "hidden", locator: css("a") }, { matcher: { exists: false } }),
  ],
  [
    "expect: { url: { matches: /done$ } }",
    check({ of: "url" }, { matcher: { matches: "/done$" } }),
  ],
  ["expect: { title: Shop }", check({ of: "title" }, { matcher: { equals: "Shop" } })],
  [
    'expect: { that: "${saved.n}", above: 0, below: 10 }',
    check({ of: "that", value: "${saved.n}" }, { matcher: { above: 0, below: 10 } }),
  ],
  [
    'expect: { that: "${data.id}", in: [7, 8] }',
    check({ of: "that", value: 7 }, { matcher: { in: [7, 8] } }),
  ],
  ["expect: { status: 200 }", check({ of: "status" }, { status: { anyOf: [200] } })],
  [
    'expect: { status: 2xx, headers: { content-type: { contains: json } }, json: { "$.a": null } }',
    {
      checks: [
        { subject: { of: "status" }, status: { anyOf: ["2xx"] } },
        { subject: { of: "header", name: "content-type" }, matcher: { contains: "json" } },
        { subject: { of: "json", path: "$.a" }, matcher: { equals: null } },
      ],
    },
  ],
  ["request: { get: /api }", { method: "GET", url: "/api" }],
];

const INPUT = { files: { "a.png": "png" }, secrets: ["P"] };

test.each(WEB)("a step of a web test in its normal form: %s", (step, args) => {
  const planned = stepOf("web", `{ ${step} }`, INPUT);
  expect(planned.args).toEqual(args);
  expect(planned.kind).toBe(step.slice(0, step.indexOf(":")));
  expect(planned).toMatchObject({ phase: "main", line: 9, column: 9 });
  finishedStep(planned);
});

test("a film for a span is waited for only where it is the last main step", () => {
  const text = [
    "afterEach: [{ screenshot: end }]",
    "tests:",
    "  - name: t",
    "    steps: [{ record: { for: 5s } }, { record: { name: a, for: 6s } }]",
    "  - name: u",
    "    steps: [{ record: { for: 5s } }, { back: true }]",
    "  - name: v",
    "    steps: [{ record: { start: a } }]",
  ].join("\n");
  const held = testsOf(text).map((one) =>
    one.steps.map((step) => ("hold" in step.args ? step.args["hold"] : undefined)),
  );
  expect(held).toEqual([
    [undefined, true, undefined],
    [undefined, undefined, undefined],
    [undefined, undefined],
  ]);
});

test("an upload takes files under the suite's folder, which travel with the test", () => {
  const input = { files: { "a.png": "png", "more/b.png": "more" } };
  const planned = stepOf(
    "web",
    "{ upload: { css: input, files: [./a.png, 'more\\b.png', x/../a.png] } }",
    input,
  );
  expect(planned.args).toEqual({ locator: css("input"), files: ["a.png", "more/b.png", "a.png"] });
  finishedStep(planned);
});

test("any step may carry a name, a bound of its own and a mark as optional", () => {
  const planned = stepOf(
    "web",
    "{ click: .x, name: 'buy ${data.id} for ${secrets.P}', timeout: 2s, optional: true }",
    INPUT,
  );
  expect(planned).toMatchObject({
    name: "buy 7 for ${secrets.P}",
    timeoutMs: 2000,
    optional: true,
  });
});

test("a step without a name is named for its verb and target, never for a secret's value", () => {
  const name = (step: string) => stepOf("web", `{ ${step} }`, INPUT).name;
  expect(name("click: { role: button, name: Add to cart }")).toBe('click button "Add to cart"');
  expect(name("click: '#save'")).toBe("click #save");
  expect(name("fill: { label: Password, value: '${secrets.P}' }")).toBe('fill label "Password"');
  expect(name("goto: '/?p=${secrets.P}'")).toBe("goto /?p=${secrets.P}");
  expect(name("back: true")).toBe("back");
  expect(name("submit: '#form'")).toBe("submit #form");
  expect(name("record: start")).toBe("record start");
  expect(name("record: { stop: demo }")).toBe("record stop demo");
  expect(name("record: { name: demo.mp4, for: 5s }")).toBe("record demo.mp4 for 5s");
  expect(name("wait: 1500")).toBe("wait 1.5s");
  expect(name("expect: { text: '#count', equals: '1' }")).toBe('expect text #count equals "1"');
  expect(name("request: { post: /api/x }")).toBe("request POST /api/x");
  expect(name(`eval: ${"x".repeat(500)}`)).toHaveLength(200);
});
