/** A suite as lint looks at it: its tests and steps as written, with their places, in one form for both formats. */
import type { Platform } from "#proto/test.ts";
import type { Position } from "../reading/fault-log.ts";
import type { Located, LocatedEntry, LocatedMapping } from "../reading/located.ts";

export type LintStep = {
  readonly verb: string;
  readonly args: Located;
  readonly at: Position;
  /** The whole step as written; of an original suite undefined. */
  readonly node: LocatedMapping | undefined;
  /** What stands beside the verb: `timeout`, `optional`, `name`. */
  readonly beside: readonly LocatedEntry[];
  /** Lists of steps that it holds. */
  readonly blocks: readonly (readonly LintStep[])[];
};

export type LintTest = {
  readonly name: string;
  readonly at: Position;
  /** Undefined where it depends on a name. */
  readonly platform: Platform | undefined;
  readonly node: LocatedMapping | undefined;
  readonly isSkipped: boolean;
  readonly steps: readonly LintStep[];
};

export type LintSuite = {
  readonly file: string;
  readonly text: string;
  readonly format: "native" | "original";
  readonly root: LocatedMapping | undefined;
  readonly tests: readonly LintTest[];
  /** Steps of hooks. */
  readonly hooks: readonly (readonly LintStep[])[];
  /** Steps of flows and sessions. */
  readonly flows: readonly (readonly LintStep[])[];
};

/** Steps and all that they hold, in the order of the file. */
export function everyStep(steps: readonly LintStep[]): readonly LintStep[] {
  return steps.flatMap((step) => [step, ...step.blocks.flatMap(everyStep)]);
}

/** Every step of a suite. */
export function stepsOf(suite: LintSuite): readonly LintStep[] {
  const lists = [...suite.hooks, ...suite.flows, ...suite.tests.map(({ steps }) => steps)];
  return lists.flatMap(everyStep);
}

/** Every list of steps of a suite, those inside steps too. */
export function listsOf(suite: LintSuite): readonly (readonly LintStep[])[] {
  const lists = [...suite.hooks, ...suite.flows, ...suite.tests.map(({ steps }) => steps)];
  return [...lists, ...lists.flatMap((list) => everyStep(list).flatMap(({ blocks }) => blocks))];
}

/** What stands under a key; undefined where it is no mapping or has no such key. */
export function under(node: Located | undefined, key: string): Located | undefined {
  if (node?.kind !== "mapping") return undefined;
  return node.entries.find((entry) => entry.key === key)?.value;
}

/** The text of a scalar that is one. */
export function textIn(node: Located | undefined): string | undefined {
  return node?.kind === "scalar" && typeof node.value === "string" ? node.value : undefined;
}

/** A duration of the format in milliseconds; undefined where it is none or depends on a name. */
export function spanIn(node: Located | undefined): number | undefined {
  if (node?.kind !== "scalar") return undefined;
  if (typeof node.value === "number") return node.value;
  const [, amount, unit = "ms"] = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(String(node.value)) ?? [];
  const scale = unit === "m" ? 60_000 : unit === "s" ? 1000 : 1;
  return amount === undefined ? undefined : Number(amount) * scale;
}
