/** What lint says, and what its rules are. */
import type { Position } from "../reading/fault-log.ts";
import type { LintSuite } from "./lint-suite.ts";

/** How much a rule counts: an error fails the call, a warning only with `--strict`. */
export type Level = "off" | "warn" | "error";

/** What a rule found, without its own words. */
export type Spot = Position & { readonly what: string };

export type Rule = {
  readonly id: string;
  readonly level: Exclude<Level, "off">;
  /** Why it is a trouble, one sentence. */
  readonly why: string;
  /** What to write instead, one sentence. */
  readonly mend: string;
  readonly look: (suite: LintSuite) => readonly Spot[];
};

export type Finding = Spot & {
  readonly file: string;
  readonly rule: string;
  readonly level: Exclude<Level, "off">;
  readonly why: string;
  readonly mend: string;
};

/** `FILE:LINE:COLUMN LEVEL RULE what: why; mend`. */
export function findingText({ file, line, column, level, rule, what, why, mend }: Finding): string {
  const word = level === "error" ? "error" : "warning";
  return `${file}:${line}:${column} ${word} ${rule}: ${what}. ${why} ${mend}`;
}
