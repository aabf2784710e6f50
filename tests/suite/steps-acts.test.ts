/** Acts, tabs, dialogs and downloads as people write them, in their normal form, and what is refused of them. */
import { expect, test } from "vitest";
import { errorLines, finishedStep, stepOf, suiteWithStep } from "./suite-kit.ts";

const css = (value: string) => ({ by: "css", value });
const INPUT = { files: { "a.png": "png" } };

test.each<readonly [step: string, args: object]>([
  ["tap: '#a'", { locator: css("#a") }],
  [
    "tap: { css: '#a', position: { x: 1, y: 2 } }",
    { locator: css("#a"), position: { x: 1, y: 2 } },
  ],
  ["focus: '#a'", { locator: css("#a") }],
  ["blur: '#a'", { locator: css("#a") }],
  ["clear: { label: Name }", { locator: { by: "label", value: "Name" } }],
  ["selectText: '#a'", { locator: css("#a") }],
  ["drag: { from: .a, to: .b }", { from: css(".a"), to: { kind: "locator", locator: css(".b") } }],
  ["drag: { from: .a, by: { y: 9 } }", { from: css(".a"), to: { kind: "by", x: 0, y: 9 } }],
  ["drop: { css: .a, files: [a.png] }", { locator: css(".a"), files: ["a.png"] }],
  [
    "drop: { on: .a, data: { text/plain: words } }",
    { locator: css(".a"), data: { "text/plain": "words" } },
  ],
  ["keyDown: Shift", { key: "Shift" }],
  ["keyUp: Shift", { key: "Shift" }],
  ["press: [Control+A, Delete]", { key: ["Control+A", "Delete"] }],
  ["press: { css: '#a', key: [Tab, 1] }", { key: ["Tab", "1"], locator: css("#a") }],
  ["wheel: { y: 200 }", { y: 200 }],
  ["wheel: { on: .a, x: -5, y: 200 }", { locator: css(".a"), x: -5, y: 200 }],
  ["mouse: down", { action: "down" }],
  ["mouse: { move: { x: 1, y: 2 } }", { action: "move", at: { kind: "point", x: 1, y: 2 } }],
  [
    "mouse: { up: right, at: .a }",
    { action: "up", button: "right", at: { kind: "locator", locator: css(".a") } },
  ],
  ["clipboard: { write: '${secrets.P}' }", { write: "${secrets.P}" }],
  ["clipboard: { save: copied }", { save: "copied" }],
  [
    "click: { css: '#a', count: 3, delay: 50ms, force: true }",
    { locator: css("#a"), count: 3, delayMs: 50, force: true },
  ],
  [
    "dblclick: { css: '#a', button: right, modifiers: [Shift], position: { x: 1, y: 2 } }",
    { locator: css("#a"), button: "right", modifiers: ["Shift"], position: { x: 1, y: 2 } },
  ],
  ["hover: { css: '#a', force: true }", { locator: css("#a"), force: true }],
  ["uncheck: { css: '#a', force: true }", { locator: css("#a"), force: true }],
  ["check: { css: '#a', to: false }", { locator: css("#a"), to: false }],
  ["select: { css: '#a', option: { index: 2 } }", { locator: css("#a"), options: [{ index: 2 }] }],
  [
    "select: { css: '#a', option: [L, { index: 0 }] }",
    { locator: css("#a"), options: ["L", { index: 0 }] },
  ],
  ["eval: { js: x, frame: iframe }", { js: "x", frame: css("iframe") }],
  ["click: { css: a, opens: tab }", { locator: css("a"), opens: "tab" }],
  ["tab: close", { to: { kind: "close" } }],
  ["tab: { open: /help }", { to: { kind: "open", url: "/help" } }],
  ["tab: { switch: 1 }", { to: { kind: "switch", choice: { kind: "nth", nth: 1 } } }],
  ["tab: { switch: last }", { to: { kind: "switch", choice: { kind: "nth", nth: -1 } } }],
  [
    "tab: { switch: { title: { contains: Help } } }",
    { to: { kind: "switch", choice: { kind: "title", matcher: { contains: "Help" } } } },
  ],
  [
    "tab: { switch: { url: /help } }",
    { to: { kind: "switch", choice: { kind: "url", matcher: { equals: "/help" } } } },
  ],
  ["dialog: accept", { answer: "accept" }],
  ["dialog: { accept: true }", { answer: "accept" }],
  ["dialog: { accept: Ann }", { answer: "accept", text: "Ann" }],
  [
    "dialog: { dismiss: true, expect: { contains: sure } }",
    { answer: "dismiss", matcher: { contains: "sure" } },
  ],
  ["download: { click: a.csv }", { by: { kind: "click", locator: css("a.csv") } }],
  [
    "download: { goto: /a.csv, save: csv, as: kept.csv, content: text }",
    { by: { kind: "goto", url: "/a.csv" }, save: "csv", as: "kept.csv", content: "text" },
  ],
  ["expect: { tabs: 2 }", { checks: [{ subject: { of: "tabs" }, matcher: { equals: 2 } }] }],
  ["save: { n: { tabs: true } }", { values: { n: { of: "tabs" } } }],
])("a step in its normal form: %s", (step, args) => {
  const planned = stepOf("web", `{ ${step} }`, INPUT);
  expect(planned.args).toEqual(args);
  finishedStep(planned);
});

test.each<readonly [step: string, fault: string]>([
  ["tap: { css: '#a', position: { x: 1 } }", 'Missing "y" in a point'],
  ["click: { css: '#a', count: 0 }", "Expected a whole number from 1 to 10"],
  ["hover: { css: '#a', button: right }", 'Unknown key "button"'],
  ["drag: { from: .a }", "Missing aim in a drag"],
  ["drag: { to: .a }", 'Missing "from" in a drag'],
  ["drag: { from: .a, to: .b, by: { x: 1 } }", 'found "to" and "by"'],
  ["drop: { css: .a }", "Missing one of files, data in a drop"],
  ["drop: { css: .a, files: [] }", "Expected a list of files beside the suite"],
  ["drop: { css: .a, files: [../b.png] }", "under the suite's folder"],
  ["wheel: { x: far }", "Expected a number"],
  ["wheel: '#a'", "Expected a mapping with a locator and x, y"],
  ["mouse: click", 'Unknown word "click"'],
  ["mouse: { move: { x: 1 } }", 'Missing "y" in a point'],
  ["mouse: { up: wheel }", 'Unknown word "wheel"'],
  ["clipboard: { write: a, save: b }", 'found "write" and "save"'],
  ["clipboard: words", "Expected a clipboard such as"],
  ["keyDown: ''", "Expected a key"],
  ["press: { key: { a: 1 } }", "Expected a key such as"],
  ["select: { css: '#a', option: { index: -1 } }", "Expected a whole number from 0"],
  ["select: { css: '#a', option: { index: 1, nth: 1 } }", 'Unknown key "nth" in an option'],
  ["check: { css: '#a', to: maybe }", "Expected true or false"],
  ["click: { css: a, opens: window }", 'Unknown word "window"'],
  ["tab: open", 'Unknown word "open"'],
  ["tab: { swich: 1 }", 'did you mean "switch"'],
  ["tab: { switch: second }", "Expected a tab's number from 0"],
  ["tab: { switch: { name: x } }", "Unknown key"],
  ["dialog: agree", 'Unknown word "agree"'],
  ["dialog: { accept: true, dismiss: true }", 'found "accept" and "dismiss"'],
  ["dialog: { expect: x }", "Missing answer in a dialog"],
  ["download: { save: x }", "Missing way to start it in a download"],
  ["download: { click: a, content: xml }", 'Unknown word "xml"'],
  ["expect: { tabs: { abov: 1 } }", 'did you mean "above"'],
])("a step that is refused: %s", (step, fault) => {
  const lines = errorLines(suiteWithStep("web", `{ ${step} }`), INPUT);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^9:\d+ /);
  expect(lines[0]).toContain(fault);
});

test("a step without a name is named for what it does", () => {
  const name = (step: string) => stepOf("web", `{ ${step} }`, INPUT).name;
  expect(name("drag: { from: .a, to: { role: list } }")).toBe("drag .a to list");
  expect(name("drag: { from: .a, by: { x: 5 } }")).toBe("drag .a by 5, 0");
  expect(name("press: [Control+A, Delete]")).toBe("press Control+A, Delete");
  expect(name("keyDown: Shift")).toBe("keyDown Shift");
  expect(name("mouse: { down: left, at: { x: 1, y: 2 } }")).toBe("mouse down at 1, 2");
  expect(name("wheel: { y: 5 }")).toBe("wheel by 0, 5");
  expect(name("clipboard: { write: '${secrets.P}' }")).toBe("clipboard write");
  expect(name("clipboard: { save: x }")).toBe("clipboard save x");
  expect(name("tab: { switch: last }")).toBe("tab switch -1");
  expect(name("tab: { switch: { title: Help } }")).toBe('tab switch title equals "Help"');
  expect(name("tab: { open: /help }")).toBe("tab open /help");
  expect(name("tab: close")).toBe("tab close");
  expect(name("dialog: { accept: Ann }")).toBe("dialog accept");
  expect(name("download: { click: a.csv }")).toBe("download by click a.csv");
  expect(name("download: { goto: /a.csv }")).toBe("download /a.csv");
  expect(name("drop: { css: .a, files: [a.png] }")).toBe("drop a.png on .a");
  expect(name("select: { css: '#a', option: { index: 2 } }")).toBe("select option 2 in #a");
});
