/** Slips of people that look like something valid: each is told at its place, with what was probably meant. */
import { expect, test } from "vitest";
import { errorLines, suiteWithStep } from "./suite-kit.ts";

const NUMBER = "Expected a number, or a matcher such as { below: 500 }, found ";

test.each([
  ["web", "press: Entr", 'Unknown key "Entr": did you mean "Enter"? Expected one of Enter, Tab'],
  ["web", "press: [a, Ctrl+A]", 'Unknown key "Ctrl": did you mean "Control"?'],
  ["web", "press: { label: x, key: cmd+k }", 'Unknown key "cmd": did you mean "Meta"?'],
  ["web", "keyDown: Esc", 'Unknown key "Esc": did you mean "Escape"?'],
  ["web", "keyUp: zzzzzzz", 'Unknown key "zzzzzzz": expected one of Enter, Tab'],
  ["web", "click: /Save/", "a regular expression for a text is written text=/Save/"],
  ["web", "click: 3 items", "none begins with a digit; a text is written text=3 items"],
  ["web", 'click: "  "', 'Expected a CSS selector, found "  "'],
  ["web", "click: a[href=x", "[ is not closed"],
  ["web", "click: '(//a)[1]'", "write xpath=(//a)[1]"],
  ["web", "click: data-testid=x", 'Unknown prefix "data-testid=" of a locator'],
  ["web", "click: { text: ' ' }", 'Expected a text, found " "'],
  ["web", "goto: ' '", 'Expected a URL, or a path against baseUrl, found " "'],
  [
    "web",
    "route: { url: /a, method: GTE, do: block }",
    'Unknown method "GTE": did you mean "GET"?',
  ],
  ["web", "expect: { request: { method: a b } }", 'Unknown method "a b": expected one of GET,'],
  ["web", "route: { url: '**/{a,b', do: block }", "a { of the glob **/{a,b is not closed"],
  ["web", "permissions: { clear: true, origin: shop }", "Expected an origin such as https://shop"],
  ["web", "expect: { performance: { lcp: 2500ms } }", `${NUMBER}"2500ms"`],
  ["web", "expect: { console: { errors: false } }", `${NUMBER}false`],
  ["web", "expect: { tabs: two }", `${NUMBER}"two"`],
  ["web", "expect: { texts: li, length: two }", `${NUMBER}"two"`],
  ["web", "expect: { count: li, equals: '3' }", 'Expected a number, found "3"'],
  ["http", "expect: { durationMs: 500ms }", `${NUMBER}"500ms"`],
  ["http", "expect: { bytes: { equals: 1KB } }", 'Expected a number, found "1KB"'],
  [
    "http",
    "expect: Done",
    'Expected an expect of an http test such as { status: 200 }, found "Done"',
  ],
  [
    "web",
    "use: login.yaml",
    'Expected a flow of a file such as login.yaml#signIn, found "login.yaml"',
  ],
  [
    "web",
    "if: { visible: x }",
    'Missing "then" beside "if": expected a list of steps, found only if',
  ],
] as const)("a step of a %s test: %s", (platform, step, message) => {
  const [first = "", ...others] = errorLines(suiteWithStep(platform, step));
  expect(first).toMatch(/^9:\d+ /);
  expect(first).toContain(message);
  expect(others).toEqual([]);
});

test.each([
  ["web", "press: Control++"],
  ["web", "press: [ControlOrMeta+Shift+KeyA, é, '+', F12, NumpadEnter, ArrowUp]"],
  ["web", "press: '${saved.key}'"],
  ["web", "click: '#a:not([title=\")\"]) > b'"],
  ["web", "click: '#a${saved.rest}'"],
  ["web", "route: { url: '**/{a,b}', method: propfind, do: block }"],
  ["web", "expect: { console: { errors: '${vars.n}' } }"],
  ["web", "expect: { count: li, equals: '${saved.n}' }"],
  ["http", "expect: { durationMs: { not: { above: 5 } }, bytes: '${saved.n}' }"],
] as const)("nothing is said of a step of a %s test that is right: %s", (platform, step) => {
  expect(errorLines(suiteWithStep(platform, step))).toEqual([]);
});

const fields = (field: string) => `tests:\n  - name: t\n    ${field}\n    steps: [{ wait: 1 }]\n`;

test.each([
  [
    "baseUrl: localhost:3000",
    'Expected a URL such as http://127.0.0.1:4400, found "localhost:3000"',
  ],
  ["viewport: 800x600", 'or a viewport such as { width: 800, height: 600 }, found "800x600"'],
  ["viewport: [800, 600]", "or a viewport such as { width: 800, height: 600 }, found a list"],
  ["video: no", 'Unknown word "no": did you mean "off"?'],
  ["tags: smoke", 'Expected a list of tags such as [smoke], found "smoke"'],
])("a field of a test: %s", (field, message) => {
  expect(errorLines(fields(field))).toEqual([expect.stringMatching(/^3:\d+ /)]);
  expect(errorLines(fields(field))[0]).toContain(message);
});

const session = (age: string) =>
  `vars: { x: 5m }\nsessions: { a: { steps: [{ goto: "http://a.b" }], ${age} } }\ntests: []\n`;
const flowsOf = (text: string) => ({ files: { "f.yaml": text } });

test.each([
  [session("maxAge: '${vars.x}'"), {}, "2:59 Expected a duration that is written out, such as 30m"],
  [session("timeout: '${saved'"), {}, "2:60 Expected a duration that is written out, such as 30m"],
  ["flows: { a: { description: [1], steps: [] } }\ntests: []\n", {}, "1:28 Expected a description"],
  [suiteWithStep("web", "use: f.yaml#a"), flowsOf(""), '1:1 Missing "flows" in a file of flows'],
  [
    "name: a: b\ntests: []\n",
    {},
    "1:7 Not YAML: Nested mappings are not allowed in compact mappings; a key is",
  ],
  ["tests:\n  - name: t\n   steps: []\n", {}, "without - indicator; lines that belong together"],
])("a file: %j", (text, input, message) => {
  expect(errorLines(text, input).join("\n")).toContain(message);
});
