/** Looks over suites for what makes tests fragile or empty. Pure: text in, findings out. */
import type { Fault, SuiteFiles, SuiteSource } from "../source.ts";
import type { Finding, Level, Rule } from "./findings.ts";
import { Ignores } from "./ignores.ts";
import { readLint } from "./read-lint.ts";
import { LOCATOR_RULES } from "./rules/locator-rules.ts";
import { NAME_RULES } from "./rules/name-rules.ts";
import { TEST_RULES } from "./rules/test-rules.ts";
import { TIME_RULES } from "./rules/time-rules.ts";

const IGNORE_RULE: Rule = {
  id: "lint-ignore",
  level: "warn",
  why: "What is taken back without need or reason hides the next trouble.",
  mend: "Write # lint-ignore RULE reason on the line of the finding or above it, or remove it.",
  look: () => [],
};

/** Every rule there is. */
export const RULES: readonly Rule[] = [
  ...LOCATOR_RULES,
  ...TIME_RULES,
  ...TEST_RULES,
  ...NAME_RULES,
  IGNORE_RULE,
];

/** Levels other than those that rules have by themselves. */
export type Levels = ReadonlyMap<string, Level>;

export type Linted =
  | { readonly kind: "linted"; readonly findings: readonly Finding[] }
  /** It is no suite that could run: all its faults. */
  | { readonly kind: "refused"; readonly faults: readonly Fault[] };

/** Findings of one suite in the order of the file. */
export function lintSuite(source: SuiteSource, files: SuiteFiles, levels: Levels): Linted {
  const read = readLint(source, files);
  if (read.kind === "refused") return read;
  const ignores = new Ignores(source.text);
  const found = RULES.flatMap((rule) =>
    levelOf(rule, levels) === "off"
      ? []
      : rule.look(read.suite).map((spot) => toFinding(rule, spot, { source, levels })),
  ).filter(({ rule, line }) => !ignores.covers(rule, line));
  const known = RULES.map(({ id }) => id);
  const off = RULES.filter((rule) => levelOf(rule, levels) === "off").map(({ id }) => id);
  const ofIgnores =
    levelOf(IGNORE_RULE, levels) === "off"
      ? []
      : ignores.faults(known, off).map((spot) => toFinding(IGNORE_RULE, spot, { source, levels }));
  return { kind: "linted", findings: [...found, ...ofIgnores].toSorted(byPlace) };
}

const levelOf = ({ id, level }: Rule, levels: Levels): Level => levels.get(id) ?? level;

type Around = { readonly source: SuiteSource; readonly levels: Levels };

function toFinding(rule: Rule, spot: ReturnType<Rule["look"]>[number], around: Around): Finding {
  const level = levelOf(rule, around.levels);
  return {
    ...spot,
    file: around.source.file,
    rule: rule.id,
    level: level === "error" ? "error" : "warn",
    why: rule.why,
    mend: rule.mend,
  };
}

const byPlace = (a: Finding, b: Finding): number =>
  a.line - b.line || a.column - b.column || (a.rule < b.rule ? -1 : 1);
