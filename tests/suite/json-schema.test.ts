import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { suiteJsonSchema } from "#suite/json-schema.ts";
import { errorLines } from "./suite-kit.ts";

const folder = (name: string) => join(import.meta.dirname, "fixtures", name);
const validate = new Ajv2020({
  strict: true,
  strictTypes: false,
  strictRequired: false,
  allowUnionTypes: true,
}).compile(suiteJsonSchema());
const withStep = (step: string) => parse(`tests: [{ name: t, steps: [${step}] }]`);

test.each(readdirSync(folder("good")))("the schema accepts %s", (file) => {
  const suite = parse(readFileSync(join(folder("good"), file), "utf8"), { merge: true });
  expect(validate(suite), JSON.stringify(validate.errors)).toBe(true);
});

/** The lines of a fixture that hold one step each, with its fault. */
function faultySteps(file: string): readonly (readonly [step: string, fault: string])[] {
  const text = readFileSync(join(folder("bad"), file), "utf8");
  return [...text.matchAll(/^ {6}- (\{?.*\}?) # FAULT: (.*)$/gm)].map(
    (match) =>
      [`{ ${match[1] ?? ""} }`.replace(/^\{ \{ (.*) \} \}$/, "{ $1 }"), match[2] ?? ""] as const,
  );
}

/** Only the reader knows what files there are, what an expression means and which platform a test has. */
const BEYOND =
  /it leaves the folder|it is absolute|there is no "|known before the run|regular expression|JSON path|is one of web tests|one body in a request|of an http test|of a web test|"text=", found nothing|Expected a duration|Unknown prefix|write xpath|Expected true, found "#a"|found "status" and|Missing one of equals, contains/;

test.each(
  [...faultySteps("steps.yaml"), ...faultySteps("expect.yaml")].filter(
    ([, fault]) => !BEYOND.test(fault),
  ),
)("the schema refuses the step %s", (step) => {
  expect(validate(withStep(step))).toBe(false);
});

test.each([
  "[]",
  "{}",
  "{ tests: {} }",
  "{ tests: [], nmae: x }",
  "{ tests: [{ name: t }] }",
  "{ tests: [{ steps: [] }] }",
  "{ tests: [{ name: 5, steps: [] }] }",
  "{ tests: [], defaults: { name: x } }",
  "{ tests: [], defaults: { retries: -1 } }",
  "{ tests: [], defaults: { timeout: 10 seconds } }",
  "{ tests: [], matrix: { a: [] } }",
  "{ tests: [], beforeEach: { htpp: [] } }",
  "{ tests: [], secrets: [a-b] }",
  "{ tests: [{ name: t, steps: [], data: rows.xml }] }",
  "{ tests: [{ name: t, steps: [], viewport: tablet }] }",
  "{ tests: [], serial: 1 }",
  "{ tests: [{ name: t, steps: [], priority: 1001 }] }",
  "{ tests: [{ name: t, steps: [], locks: [{ limit: 2 }] }] }",
  "{ tests: [{ name: t, steps: [], each: nodes }] }",
  "{ tests: [{ name: t, steps: [], after: [5] }] }",
  "{ tests: [{ name: t, steps: [], needs: { cpus: 4 } }] }",
  "{ tests: [{ name: t, steps: [], needs: { browser: chromium 120 } }] }",
  "{ tests: [{ name: t, steps: [], needs: { arch: x64 >= 1 } }] }",
  "{ tests: [{ name: t, steps: [], needs: { memory: 8 GB } }] }",
  "{ tests: [{ name: t, steps: [], needs: { not: { pool: a, os: linux } } }] }",
  "{ tests: [{ name: t, steps: [], needs: { not: {} } }] }",
])("the schema refuses %s", (text) => {
  expect(validate(parse(text))).toBe(false);
});

test.each([
  ["browser", "chromium"],
  ["browser", " Chromium>=0120.0   <130 "],
  ["browser", "chromium < 130 >= 120"],
  ["os", "macOS"],
  ["os", "win32 >= 10.0.22000"],
  ["os", "linux"],
  ["arch", "x86_64"],
  ["cpus", ">=4"],
  ["cpus", "> 4 <= 16"],
  ["memory", ">= 8 GB"],
  ["memory", "<16gib>= 8.50gb"],
  ["browser", "${matrix.browser}"],
])("the schema accepts the expression %s: %s, as the reader does", (field, text) => {
  const needs = { [field]: text };
  expect(validate({ tests: [{ name: "t", steps: [], needs }] })).toBe(true);
  const suite = { matrix: { browser: ["chromium"] }, tests: [{ name: "t", steps: [], needs }] };
  expect(errorLines(JSON.stringify(suite))).toEqual([]);
});
