/**
 * What a run shows of its tests, without values of secrets (K1): a suite may have written one out in a name, a row of data or a tag,
 * and steps that nobody named are named for what they do. Pure. Owns only what is shown; what steps do is sealed at rest.
 */

import { TestKey } from "#proto/ids.ts";
import type { Json } from "#proto/matcher.ts";
import type { PlannedStep, TestDefinition } from "#proto/test.ts";
import { isJsonList, isJsonMapping } from "#shared/json-kind.ts";
import { createRedactor } from "#shared/redactor.ts";
import { type MaskedTest, maskSchedules } from "./mask-schedule.ts";

/** A shorter value cannot be told from other text: no name would be left of a suite whose secret is "a". */
const LENGTH_MIN = 4;
/** Whose field is one for a password, as far as its locator says. */
const PASSWORD_FIELD = /pass|pwd|\bpw\b|\bpin\b|secret|token|kennwort|contrase|mot de/i;

export type MaskedNames = {
  readonly tests: readonly TestDefinition[];
  /** What was masked, for people. */
  readonly warnings: readonly string[];
};

/** Masks secrets in all that a run shows of its tests. */
export function maskNames(
  tests: readonly TestDefinition[],
  secrets: Readonly<Record<string, string>>,
): MaskedNames {
  const telling = Object.entries(secrets).filter(([, value]) => value.length >= LENGTH_MIN);
  const shared = createRedactor(Object.fromEntries(telling));
  const warnings = Object.entries(secrets).flatMap(([name, value]) =>
    value === "" || value.length >= LENGTH_MIN
      ? []
      : [
          `The value of the secret ${name} has ${value.length} character(s): it cannot be told from other text, is masked wherever that stands, and stays in names`,
        ],
  );
  const masked = tests.map((test): MaskedTest => {
    const words = test.steps.flatMap(passwordIn).map((word, index) => [`#${index}`, word] as const);
    const own =
      words.length === 0 ? shared : createRedactor(Object.fromEntries([...telling, ...words]));
    if (own.isEmpty) return { test, shown: test, text: own.text };
    const shown = shownOf(test, own.text);
    if (shown.key !== test.key)
      warnings.push(
        `${test.file}:${test.line}:1 The value of a secret stands in the name or the data of a test: it is shown as ${shown.key}`,
      );
    return { test, shown, text: own.text };
  });
  return { tests: maskSchedules(masked), warnings };
}

/** The first key that two tests have, once what was secret of it is masked. */
export function sameKey(tests: readonly TestDefinition[]): TestDefinition | undefined {
  const keys = new Set<string>();
  return tests.find(({ key }) => keys.size === keys.add(key).size);
}

function shownOf(test: TestDefinition, text: (shown: string) => string): TestDefinition {
  return {
    ...test,
    key: TestKey.parse(text(test.key)),
    name: text(test.name),
    suite: text(test.suite),
    tags: test.tags.map(text),
    ...(test.skip !== undefined && { skip: text(test.skip) }),
    steps: test.steps.map((step) => shownStep(step, text)),
  };
}

function shownStep(step: PlannedStep, text: (shown: string) => string): PlannedStep {
  const { name, skip, blocks } = step;
  const inside = Object.entries(blocks ?? {}).map(([block, steps]) => [
    block,
    steps.map((one) => shownStep(one, text)),
  ]);
  return {
    ...step,
    name: text(name),
    ...(skip !== undefined && { skip: text(skip) }),
    ...(blocks && { blocks: Object.fromEntries(inside) }),
  };
}

/** What a step writes out for a password field: fills into it, or expects there. */
function passwordIn({ args, blocks }: PlannedStep): string[] {
  const inside = Object.values(blocks ?? {}).flatMap((steps) => steps.flatMap(passwordIn));
  const filled = isPassword(args["locator"]) ? [args["value"]] : [];
  const checks = isJsonList(args["checks"]) ? args["checks"] : [];
  const own = [...filled, ...checks.flatMap(expectedIn)].filter(
    (value): value is string =>
      typeof value === "string" && value.length >= LENGTH_MIN && !value.includes("${"),
  );
  return [...own, ...inside];
}

function expectedIn(check: Json): Json[] {
  if (!isJsonMapping(check)) return [];
  const { subject, matcher } = check;
  const isOfValue =
    isJsonMapping(subject) && ["value", "attribute"].includes(String(subject["of"]));
  if (!isOfValue || !isPassword(subject["locator"]) || !isJsonMapping(matcher)) return [];
  return Object.values(matcher);
}

const isPassword = (locator: Json | undefined): boolean => PASSWORD_FIELD.test(wordsOf(locator));

function wordsOf(locator: Json | undefined): string {
  if (!isJsonMapping(locator)) return "";
  return [locator["value"], locator["name"], wordsOf(locator["within"])].join(" ");
}
