/** Conditions of flows: what is visible, what a comparison says, on which platform. */
import type { Located } from "../../reading/located.ts";
import type { Entries } from "../imported.ts";
import { Untranslated } from "../untranslated.ts";
import { readCondition } from "./flow-script.ts";
import { selectorLocator } from "./flow-selector.ts";
import { type FlowWalk, flowText, scriptValue } from "./flow-walk.ts";

/** What is asked, without `${` and `}`. @throws {Untranslated} when it is no script. */
export function scriptOf(walk: FlowWalk, node: Located): string {
  if (node.kind !== "scalar") throw new Untranslated("it is no script");
  const [, script] = /^\s*\$\{([\s\S]*)\}\s*$/.exec(String(node.value)) ?? [];
  if (script !== undefined) return script;
  return JSON.stringify(flowText(walk, node, "the condition"));
}

/** A condition written in JavaScript. @throws {Untranslated} */
export function conditionIn(walk: FlowWalk, script: string): Entries {
  return readCondition(script, (name) => String(scriptValue(walk, name)));
}

/** What an `expect` would look at, or that it is known already. */
export type Condition = Entries | "always" | "never";

/** The condition of `when` and `while`. @throws {Untranslated} */
export function conditionOf(walk: FlowWalk, when: Located): Condition {
  if (when.kind !== "mapping") throw new Untranslated("the condition is no mapping");
  const asked = when.entries.map(({ key, value }) => oneCondition(walk, key, value));
  if (asked.includes("never")) return "never";
  const [first, second] = asked.filter((one) => typeof one !== "string");
  if (second !== undefined) throw new Untranslated("several conditions at once");
  return first ?? "always";
}

function oneCondition(walk: FlowWalk, key: string, value: Located): Condition {
  switch (key) {
    case "visible":
      return { visible: selectorLocator(walk, value) };
    case "notVisible":
      return { hidden: selectorLocator(walk, value) };
    case "true":
      return conditionIn(walk, scriptOf(walk, value));
    case "platform":
      return flowText(walk, value, "the platform").toLowerCase() === "web" ? "always" : "never";
    default:
      throw new Untranslated(`a suite does not ask for "${key}"`);
  }
}
