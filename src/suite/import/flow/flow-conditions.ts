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

/** All that an `expect` would look at, none when it holds anyway; or that it never holds. */
export type Conditions = readonly Entries[] | "never";
type Condition = Entries | "always" | "never";

/** The conditions of `when` and `while`. @throws {Untranslated} */
export function conditionsOf(walk: FlowWalk, when: Located): Conditions {
  if (when.kind !== "mapping") throw new Untranslated("the condition is no mapping");
  const asked = when.entries.map(({ key, value }) => oneCondition(walk, key, value));
  if (asked.includes("never")) return "never";
  return asked.filter((one) => typeof one !== "string");
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
