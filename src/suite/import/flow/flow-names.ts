/** The `env` of flows: its names, and what stands for them in a suite. */
import type { Located } from "../../reading/located.ts";
import { isSecretField } from "../secret-book.ts";
import { Untranslated } from "../untranslated.ts";
import { type FlowWalk, flowText, type Names } from "./flow-walk.ts";

/** The names around it, with those of an `env` that stands in the flow. A secret's value is left out. @throws {Untranslated} */
export function namesIn(walk: FlowWalk, env: Located): Names {
  if (env.kind !== "mapping") throw new Untranslated("env is no mapping");
  const names = new Map(walk.names);
  for (const { key, value } of env.entries) {
    const text = flowText({ ...walk, names }, value, key);
    names.set(key, isSecretField(key) ? secretFor(walk, { key, text, at: value }) : text);
  }
  return names;
}

type Named = { readonly key: string; readonly text: string; readonly at: Located };

function secretFor(walk: FlowWalk, { key, text, at }: Named): string {
  const { book } = walk.recorder;
  if (text === "" || text.includes("${")) return text;
  const reference = book.secrets.hide(text, key);
  const { line, column } = at;
  const said = `the value of ${key} is left out as a secret: set ${reference.slice(10, -1)} in the environment of the run`;
  book.tellAdvice({ line, column, text: said });
  return reference;
}
