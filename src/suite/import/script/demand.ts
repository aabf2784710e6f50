/** What every expectation of a script is made of. */
import type { Entries } from "../imported.ts";
import type { Expression } from "./syntax.ts";
import type { Value } from "./values.ts";

export type Demand = Extract<Value, { kind: "demand" }>;
export type DemandCall = {
  readonly name: string;
  readonly args: readonly Value[];
  readonly at: Expression;
};

/** The conditions themselves, or that they do not hold. */
export function not(isNot: boolean, matcher: Entries): Entries {
  return isNot ? { not: matcher } : matcher;
}
