import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { errorLines, errorsOf } from "./suite-kit.ts";

const FOLDER = join(import.meta.dirname, "fixtures/bad");
const MARK = "# FAULT: ";

/** Line → a part of the message, as the fixture's own comments say. */
function marksOf(text: string): ReadonlyMap<number, string> {
  const lines = text.split("\n").map((line, index) => [index + 1, line.split(MARK)[1]] as const);
  return new Map(
    lines.flatMap(([line, mark]) => (mark === undefined ? [] : [[line, mark.trim()]])),
  );
}

test.each(readdirSync(FOLDER))("%s: exactly the marked lines are told, all at once", (file) => {
  const text = readFileSync(join(FOLDER, file), "utf8");
  const marks = marksOf(text);
  const errors = errorsOf(text, { file, secrets: [] });
  const told = errors.map((error) => `${error.line} ${error.message}`);
  expect([...new Set(errors.map((error) => error.line))], told.join("\n")).toEqual([
    ...marks.keys(),
  ]);
  for (const [line, mark] of marks) {
    const messages = errors.filter((error) => error.line === line).map((error) => error.message);
    expect(
      messages.some((message) => message.includes(mark)),
      `${file}:${line}: ${messages.join(" | ")} ~ ${mark}`,
    ).toBe(true);
  }
  expect(new Set(errors.map((error) => error.file))).toEqual(new Set([file]));
});

const OK = "tests: [{ name: t, steps: [] }]";

test.each([
  ["", "1:1 Expected a suite with tests, found an empty file"],
  ["# only a comment\n", "1:1 Expected a suite with tests, found an empty file"],
  ["null\n", "1:1 Expected a suite with tests, found an empty file"],
  ["- a\n- b\n", "1:1 Expected a mapping with tests, found a list"],
  ["just text", '1:1 Expected a mapping with tests, found "just text"'],
  ["name: x\n", '1:1 Missing "tests" in a suite: found only name'],
  ["name: x\ntest: []\n", '2:1 Unknown key "test" in a suite: did you mean "tests"?'],
  ["tests: {}\n", "1:8 Expected a list of tests, found an empty mapping"],
  ["tests:\n", "1:1 Expected a list of tests, found nothing"],
  ["tests:\n\t- name: t\n", "2:1 Expected spaces as indentation, found a tab"],
  ['tests: []\nname: "x\n', "2:7 Not YAML: what opens here is not closed"],
  ["tests:\n  - name: t\n    steps: []\n   tags: [a]\n", "4:1 Not YAML"],
  ["tests:\n  - name: t\n    steps\n      - back: true\n", "3:5 Not YAML"],
  [`${OK}\n---\n${OK}\n`, "2:1 Expected one document a file, found a second one"],
  [`${OK}\nname: a\u0000b\n`, "2:8 Expected text, found the control character U+0000"],
  [`${OK}\nname: a\nname: b\n`, '3:1 Duplicate key "name": it stands on line 2 already'],
  [`name: !secret x\n${OK}\n`, "1:7 Not YAML 1.2 core: Unresolved tag: !secret"],
  [
    '{\n  "tests": [\n    { "name": "t", "steps": [], "name": "u" }\n  ]\n}',
    '3:33 Duplicate key "name"',
  ],
  ['{ "tests": [ { "name": "t", "steps": [ { "clik": "#a" } ] } ] }', '1:42 Unknown step "clik"'],
  [
    `tests:\r\n  - name: t\r\n    stesp: []\r\n`,
    '3:5 Unknown key "stesp" in a test: did you mean "steps"?',
  ],
  [
    `\uFEFFtests:\n  - name: t\n    stesp: []\n`,
    '3:5 Unknown key "stesp" in a test: did you mean "steps"?',
  ],
  [
    `vars: { a: ${"[".repeat(100)}${"]".repeat(100)} }\n${OK}`,
    "1:74 Expected at most 64 levels of nesting, found more",
  ],
  [`vars: { a: ${"[".repeat(100_000)} }\n${OK}`, "1:"],
  [
    `${OK}\ndescription: ${"x".repeat(1024 * 1024)}\n`,
    "1:1 Expected a suite file of at most 1048576 bytes, found 1048622",
  ],
])("a file that is no suite is refused at its place: %j", (text, expected) => {
  const [first = "nothing", ...others] = errorLines(text);
  expect(first.slice(0, expected.length)).toBe(expected);
  expect(others).toEqual([]);
});

test("a bracket that is never closed is told where it opens and where that was noticed", () => {
  const text = "tests:\n  - name: t\n    tags: [a, b\n    steps: [{ clik: x }]\n";
  expect(errorLines(text).map((line) => line.slice(0, 20))).toEqual([
    "3:11 Not YAML: what ",
    "4:5 Not YAML: Flow s",
  ]);
});

test("aliases that multiply each other are refused and do not stop the reader", () => {
  const levels = Array.from(
    { length: 12 },
    (_, level) => `  l${level + 1}: &l${level + 1} [${`*l${level},`.repeat(9)}]`,
  );
  const text = `vars:\n  l0: &l0 x\n${levels.join("\n")}\n${OK}\n`;
  expect(
    errorLines(text).some((line) => line.includes("Expected aliases to add at most 100000 values")),
  ).toBe(true);
});
