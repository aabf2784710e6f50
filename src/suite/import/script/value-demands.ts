/** Expectations of values that a script has read before: `expect(await page.title()).toBe("Shop")`. */
import type { Entries } from "../imported.ts";
import { Untranslated } from "../untranslated.ts";
import { type Demand, type DemandCall, not } from "./demand.ts";
import { responseDemand } from "./request-calls.ts";
import { jsonIn, NOTHING, patternText, textIn, type Value } from "./values.ts";

const NUMBERS: ReadonlyMap<string, string> = new Map([
  ["toBeGreaterThan", "above"],
  ["toBeGreaterThanOrEqual", "atLeast"],
  ["toBeLessThan", "below"],
  ["toBeLessThanOrEqual", "atMost"],
]);
const FALSY = ["", 0, false, null];

/** The arguments of an `expect` on a value. @throws {Untranslated} */
export function expectValue({ of, isNot }: Demand, call: DemandCall): Entries {
  if (of.kind === "response") return responseDemand(isNot, call);
  // `page.url()` is no promise; the address is looked at until it is right.
  if (of.kind === "reading" && of.subject["url"] === true)
    return { url: not(isNot, matcherFor(call)) };
  if (of.kind === "reading") throw new Untranslated("a value is expected that is not awaited");
  const that = jsonIn(of, "what is expected");
  return { that, ...not(isNot, matcherFor(call)) };
}

/** A demand as a matcher. @throws {Untranslated} */
export function matcherFor({ name, args }: DemandCall): Entries {
  const [first = NOTHING] = args;
  const number = NUMBERS.get(name);
  if (number !== undefined) return { [number]: jsonIn(first, "the bound") };
  switch (name) {
    case "toBe":
    case "toEqual":
    case "toStrictEqual":
      return { equals: jsonIn(first, "the expected value") };
    case "toContain":
      return { contains: jsonIn(first, "the expected part") };
    case "toMatch":
      return matches(first);
    case "toBeTruthy":
      return { not: { in: FALSY } };
    case "toBeFalsy":
      return { in: FALSY };
    case "toBeNull":
      return { equals: null };
    default:
      throw new Untranslated(`a suite has no expectation for ${name}()`);
  }
}

function matches(value: Value): Entries {
  if (value.kind === "pattern") return { matches: patternText(value) };
  return { contains: textIn(value, "the expected part") };
}
