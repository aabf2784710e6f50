/** What `expect` and `save` of a web test become, and how slips in them are told. */
import { describe, expect, test } from "vitest";
import { errorLines, finishedStep, stepOf } from "./suite-kit.ts";

type Row = readonly [step: string, ...checks: object[]];

const css = (value: string) => ({ by: "css", value });

const FORMS: readonly Row[] = [
  ['{ focused: "#a" }', { subject: { of: "focused", locator: css("#a") } }],
  [
    '{ attached: "#a", equals: false }',
    { subject: { of: "attached", locator: css("#a") }, matcher: { equals: false } },
  ],
  [
    '{ inViewport: "#a", ratio: 0.5 }',
    { subject: { of: "inViewport", locator: css("#a"), ratio: 0.5 } },
  ],
  [
    '{ class: "#a", contains: on }',
    { subject: { of: "class", locator: css("#a") }, matcher: { contains: "on" } },
  ],
  [
    '{ css: color, on: "#a", equals: red }',
    { subject: { of: "css", name: "color", locator: css("#a") }, matcher: { equals: "red" } },
  ],
  [
    "{ texts: li, equals: [a, b], length: 2 }",
    {
      subject: { of: "texts", locator: css("li") },
      matcher: { equals: ["a", "b"], length: { equals: 2 } },
    },
  ],
  [
    "{ text: h1, startsWith: 12, endsWith: x, type: string }",
    {
      subject: { of: "text", locator: css("h1") },
      matcher: { startsWith: "12", endsWith: "x", type: "string" },
    },
  ],
  [
    "{ accessibleName: { role: button }, equals: Go }",
    {
      subject: { of: "accessibleName", locator: { by: "role", value: "button" } },
      matcher: { equals: "Go" },
    },
  ],
  ["{ screenshot: cart }", { subject: { of: "screenshot", name: "cart" } }],
  [
    '{ screenshot: cart, on: main, maxDiffRatio: 0.01, maxDiffPixels: 5, threshold: 0.1, mask: [".ad"] }',
    {
      subject: {
        of: "screenshot",
        name: "cart",
        locator: css("main"),
        maxDiffRatio: 0.01,
        maxDiffPixels: 5,
        threshold: 0.1,
        mask: [css(".ad")],
      },
    },
  ],
  ["{ a11y: true }", { subject: { of: "a11y" } }],
  [
    '{ a11y: { on: main, exclude: [".ad"], tags: [wcag2a], impact: serious, max: 2 } }',
    {
      subject: {
        of: "a11y",
        locator: css("main"),
        exclude: [css(".ad")],
        tags: ["wcag2a"],
        impact: "serious",
        max: 2,
      },
    },
  ],
  [
    "{ aria: '- button \"Go\" [pressed=mixed]', on: nav }",
    { subject: { of: "aria", template: '- button "Go" [pressed=mixed]', locator: css("nav") } },
  ],
  ['{ request: "**/api/*" }', { subject: { of: "requests", url: { glob: "**/api/*" } } }],
  [
    "{ request: { url: { contains: /api }, method: POST, status: 2xx, headers: { x-a: b }, body: { contains: q }, json: { $.id: 7 }, since: step }, count: { atMost: 2 }, for: 1s }",
    {
      subject: {
        ...{
          of: "requests",
          url: { contains: "/api" },
          method: "POST",
          status: { anyOf: ["2xx"] },
        },
        ...{ headers: { "x-a": { equals: "b" } }, body: { contains: "q" } },
        ...{ json: { "$.id": { equals: 7 } }, since: "step", forMs: 1_000 },
      },
      matcher: { atMost: 2 },
    },
  ],
  [
    "{ noRequest: { method: DELETE }, for: 0 }",
    { subject: { of: "requests", method: "DELETE", forMs: 0 }, matcher: { equals: 0 } },
  ],
  [
    "{ console: { errors: 0, warnings: { atMost: 3 }, since: step } }",
    {
      subject: { of: "console", levels: ["error", "pageError"], since: "step" },
      matcher: { equals: 0 },
    },
    { subject: { of: "console", levels: ["warning"], since: "step" }, matcher: { atMost: 3 } },
  ],
  [
    "{ console: { level: info, text: { contains: hi } } }",
    { subject: { of: "console", levels: ["info"], text: { contains: "hi" } } },
  ],
  [
    "{ performance: { lcp: { below: 2500 }, requests: 3 } }",
    { subject: { of: "performance", metric: "lcp" }, matcher: { below: 2500 } },
    { subject: { of: "performance", metric: "requests" }, matcher: { equals: 3 } },
  ],
];

test.each(FORMS)("expect: %s", (...[step, ...checks]) => {
  const planned = stepOf("web", `expect: ${step}`);
  expect(planned.args).toEqual({ checks });
  finishedStep(planned);
});

const FAULTS: readonly (readonly [string, string])[] = [
  ['{ focused: "#a", equals: 1 }', "Expected true or false"],
  ['{ inViewport: "#a", ratio: 2 }', "Expected a number from 0 to 1, found 2"],
  ["{ css: color }", 'Missing "on"'],
  ["{ texts: li }", "Missing one of equals"],
  ["{ text: li, type: text }", 'Unknown word "text": expected one of string'],
  ["{ screenshot: a/b }", 'Not a name for a baseline: "a/b" is no plain name'],
  ["{ screenshot: a, maxDiffRatio: 1% }", 'Expected a number, found "1%"'],
  ["{ screenshot: a, masks: [] }", 'did you mean "mask"'],
  ["{ a11y: false }", "Expected true, or an a11y such as"],
  ["{ a11y: { impact: seriuos } }", 'did you mean "serious"'],
  ["{ a11y: { rules: [a], tags: [b] } }", 'Expected rules or tags, found "rules" and "tags"'],
  ["{ aria: '' }", "Expected a template"],
  [
    "{ aria: '- buton \"Go\"' }",
    'In line 1 of the template: Unknown role "buton": did you mean "button"',
  ],
  ["{ aria: '- button [presed]' }", 'Unknown attribute "presed": did you mean "pressed"'],
  ["{ aria: '- button [checked=maybe]' }", 'Not a value of the attribute checked: "maybe"'],
  ["{ aria: '- button Go' }", "Expected a role, a name in quotes or slashes"],
  ["{ aria: '- button /(/' }", "Not a regular expression"],
  ["{ request: '/(/' }", "Not an address to look for"],
  ["{ request: { url: a, metod: GET } }", 'did you mean "method"'],
  ["{ request: { json: { '$[': 1 } } }", "Not a JSON path"],
  ["{ request: a, cuont: 1 }", 'did you mean "count"'],
  ["{ noRequest: a, count: 1 }", 'found "noRequest" and "count"'],
  ["{ console: { errors: 0, level: info } }", 'found "errors" and "level"'],
  ["{ console: { level: errors } }", 'did you mean "error"'],
  ["{ performance: { lpc: 1 } }", 'did you mean "lcp"'],
  ["{ performance: {} }", "Missing one of ttfb"],
];

test.each(FAULTS)("refuses expect: %s", (step, text) => {
  const faults = errorLines(`tests:\n  - name: a\n    steps:\n      - expect: ${step}\n`);
  expect(faults.join("\n")).toContain(text);
  expect(faults[0]).toMatch(/^4:\d+ /);
});

describe("a template of an accessibility tree", () => {
  const suite = (template: string) =>
    `tests:\n  - name: a\n    steps:\n      - expect:\n          aria: |\n${template
      .split("\n")
      .map((line) => `            ${line}`)
      .join("\n")}\n          on: main\n`;

  test("tells each fault at its own line of the suite", () => {
    const template =
      '- list:\n  - /children: all\n  - listitem:\n    - link "A":\n      - /url: /[/\n  - listitm\n- text: /(/';
    const faults = errorLines(suite(template));
    expect(
      faults.map((fault) =>
        /^(\d+):\d+ In line (\d) of the template: (\w+ \w+)/.exec(fault)?.slice(1),
      ),
    ).toEqual([
      ["7", "2", "Expected one"],
      ["10", "5", "Not a"],
      ["11", "6", "Unknown role"],
      ["12", "7", "Not a"],
    ]);
  });

  test("tells what is no YAML, and leaves what is filled in later", () => {
    expect(errorLines(suite("- button: {")).join()).toMatch(/^6:\d+ In line 1 .*: Not YAML/);
    expect(errorLines(suite("button: x")).join()).toContain('each line of it beginning with "- "');
    expect(errorLines(suite('- heading "${run.id}" [level=${attempt.number}]'))).toEqual([]);
  });
});

test("save takes lists, names, styles and the tree", () => {
  const { args } = stepOf(
    "web",
    'save: { a: { aria: true }, b: { aria: nav }, c: { texts: li }, d: { css: color, on: "#a" }, e: { focused: "#a" } }',
  );
  expect(args).toEqual({
    values: {
      a: { of: "aria" },
      b: { of: "aria", locator: css("nav") },
      c: { of: "texts", locator: css("li") },
      d: { of: "css", name: "color", locator: css("#a") },
      e: { of: "focused", locator: css("#a") },
    },
  });
});

test("steps without a name say what they look at", () => {
  const names = [
    "{ screenshot: cart }",
    "{ performance: { lcp: { below: 9 } } }",
    "{ request: { url: /a*, method: PUT } }",
    '{ css: color, on: "#a", equals: red }',
    "{ console: { errors: 0 } }",
  ].map((step) => stepOf("web", `expect: ${step}`).name);
  expect(names).toEqual([
    "expect screenshot cart",
    "expect performance lcp below 9",
    "expect request PUT /a*",
    'expect css color of #a equals "red"',
    "expect console error/pageError equals 0",
  ]);
});
