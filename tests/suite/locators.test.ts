/** Locators as people write them: what narrows them, regular expressions, and what is refused. */
import { expect, test } from "vitest";
import { errorLines, finishedStep, stepOf, suiteWithStep } from "./suite-kit.ts";

const css = (value: string) => ({ by: "css", value });

test.each<readonly [locator: string, normal: object]>([
  ["{ altText: A cat }", { by: "altText", value: "A cat" }],
  ["{ title: Close, exact: true }", { by: "title", value: "Close", exact: true }],
  ["text=/sav(e|ing)/i", { by: "text", value: "/sav(e|ing)/i", patterns: ["value"] }],
  ["{ text: /^Save$/ }", { by: "text", value: "/^Save$/", patterns: ["value"] }],
  ["{ text: /home/, exact: true }", { by: "text", value: "/home/", exact: true }],
  [
    "{ role: button, name: /^add/i, hasText: /cart$/ }",
    {
      ...{ by: "role", value: "button", name: "/^add/i", hasText: "/cart$/" },
      patterns: ["name", "hasText"],
    },
  ],
  ["{ text: '/${saved.x}/' }", { by: "text", value: "/${saved.x}/", patterns: ["value"] }],
  [
    "{ role: heading, level: 2, hasNotText: Old }",
    { by: "role", value: "heading", level: 2, hasNotText: "Old" },
  ],
  [
    "{ role: button, checked: true, pressed: false, expanded: true, selected: false, disabled: true }",
    {
      ...{ by: "role", value: "button", checked: true, pressed: false, expanded: true },
      ...{ selected: false, disabled: true },
    },
  ],
  ["{ css: li, nth: last }", { ...css("li"), nth: -1 }],
  ["{ css: li, nth: first }", { ...css("li"), nth: 0 }],
  ["{ css: li, nth: -2 }", { ...css("li"), nth: -2 }],
  [
    "{ css: li, has: { role: link }, hasNot: .old, visible: true }",
    { ...css("li"), has: { by: "role", value: "link" }, hasNot: css(".old"), visible: true },
  ],
  ["{ css: a, and: .b, or: '#c' }", { ...css("a"), and: css(".b"), or: css("#c") }],
  [
    "{ text: Pay, within: form, frame: { css: iframe.card, frame: '#shop' } }",
    {
      ...{ by: "text", value: "Pay", within: css("form") },
      frame: { ...css("iframe.card"), frame: css("#shop") },
    },
  ],
])("a locator in its normal form: %s", (written, normal) => {
  const planned = stepOf(
    "web",
    `{ click: ${JSON.stringify(written).startsWith('"{') ? written : JSON.stringify(written)} }`,
  );
  expect(planned.args).toEqual({ locator: normal });
  finishedStep(planned);
});

test.each<readonly [locator: string, fault: string]>([
  ["{ css: a, level: 2 }", 'Unknown key "level" beside "css"'],
  ["{ role: heading, level: 0 }", "Expected a whole number from 1"],
  ["{ css: a, nth: final }", "or first or last, found"],
  ["{ css: a, has: { css: b, frame: iframe } }", 'Found "frame" within has'],
  ["{ css: a, and: { css: b, within: { css: c, frame: iframe } } }", 'Found "frame" within has'],
  ["{ text: '/a(/' }", "Not a regular expression"],
  ["'text=/a(/i'", "Not a regular expression"],
  ["{ css: a, hasText: '' }", "Expected a text within the element"],
  ["{ css: a, hastext: x }", 'did you mean "hasText"'],
  ["{ css: a, visible: yes please }", "Expected true or false"],
])("a locator that is refused: %s", (written, fault) => {
  const lines = errorLines(suiteWithStep("web", `{ click: ${written} }`));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^9:\d+ /);
  expect(lines[0]).toContain(fault);
});

test("a step is named for what narrows its locator", () => {
  const name = (locator: string) => stepOf("web", `{ click: ${locator} }`).name;
  expect(name("{ role: button, name: /^add/i, within: { css: li, hasText: Tea } }")).toBe(
    'click button /^add/i within li with "Tea"',
  );
  expect(name("{ text: Pay, nth: last, frame: '#card' }")).toBe('click text "Pay" nth -1 in #card');
});
