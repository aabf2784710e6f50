/** docs/suites.md against the reader's schemas: it names all there is and nothing else, and each of its examples is read. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { suiteJsonSchema } from "#suite/json-schema.ts";
import { errorLines } from "../suite/suite-kit.ts";
import {
  chaptersOf,
  type Example,
  examplesOf,
  namesIn,
  partOf,
  type Schema,
  unnamedIn,
  wordsIn,
} from "./suites-page.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/suites.md"), "utf8");
const chapters = chaptersOf(page);
const schema = suiteJsonSchema() as Schema;
const steps = partOf(schema, "$defs", "step", "properties");
const locator = partOf(schema, "$defs", "locator");
const matcher = partOf(schema, "$defs", "matcherMapping");
/** Every step has one of these. */
const verbs = (partOf(schema, "$defs", "step")["oneOf"] as Schema[]).flatMap(
  ({ required }) => required as string[],
);
/** Of many steps, and explained in chapters of their own. */
const SHARED = [...namesIn(locator), ...namesIn(matcher), "on"];

/** What the files that examples name hold, where it matters. */
const FILES: Readonly<Record<string, string>> = {
  "rows.csv": "id\n1\n",
  "state.json": '{ "cookies": [], "origins": [] }',
};
const filesIn = (yaml: string) =>
  Object.fromEntries(
    [...yaml.matchAll(/[\w-]+\.(?:csv|json|pem|key|png|pfx|graphql|yaml|txt|bin)\b/g)].map(
      ([path]) => [path, FILES[path] ?? "x"],
    ),
  );
const secretsIn = (yaml: string) =>
  [...yaml.matchAll(/\b[A-Z][A-Z_]{3,}\b/g)].map(([name]) => name);

function explanationOf(names: readonly string[]): string {
  const found = chapters.filter((chapter) => chapter.names.some((name) => names.includes(name)));
  return found.map(({ body }) => body).join("\n");
}

function suiteOf({ platform, yaml }: Example): string {
  if (!yaml.trimStart().startsWith("- ")) return yaml;
  const lines = yaml.split("\n").map((line) => `      ${line}`);
  return `tests:\n  - name: example\n    platform: ${platform}\n    steps:\n${lines.join("\n")}`;
}

describe("docs/suites.md", () => {
  test.each([
    ["key of a file", Object.keys(partOf(schema, "properties"))],
    ["field of a test", Object.keys(partOf(schema, "$defs", "test", "properties"))],
    ["part of a field", namesIn(partOf(schema, "$defs", "test"))],
    ["step, and what any may carry", Object.keys(steps)],
    ["part of a locator", namesIn(locator)],
    ["part of a matcher", namesIn(matcher)],
  ])("names every %s", (_, names) => {
    expect(names.length).toBeGreaterThan(2);
    expect(unnamedIn(page, names)).toEqual([]);
  });

  test.each(verbs)("explains the step %s with all its parts", (verb) => {
    const own = explanationOf([verb]);
    expect(own, `no heading names ${verb}`).not.toBe("");
    // What it refers to explains it, too.
    const words = `${own}\n${explanationOf(wordsIn(own))}`;
    // A condition is whatever `expect` takes.
    const elsewhere = new Set(
      verb === "expect" ? SHARED : [...SHARED, ...namesIn(steps["expect"])],
    );
    const parts = namesIn(steps[verb]).filter((name) => !elsewhere.has(name));
    expect(unnamedIn(words, parts)).toEqual([]);
    expect(own).toContain("```yaml");
  });

  test("has no heading of something that does not exist", () => {
    const known = new Set(namesIn(schema));
    expect(chapters.flatMap(({ names }) => names.filter((name) => !known.has(name)))).toEqual([]);
  });

  test.each(examplesOf(page).map((example) => [example.line, example] as const))(
    "has an example on line %i that is read without a fault",
    (_, example) => {
      expect(
        errorLines(suiteOf(example), {
          files: filesIn(example.yaml),
          secrets: secretsIn(example.yaml),
        }),
      ).toEqual([]);
    },
  );
});
