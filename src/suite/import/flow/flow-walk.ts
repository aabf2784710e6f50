/** What the walk through one flow shares, and how its texts with `${…}` become texts of a suite. */
import type { Json } from "#proto/matcher.ts";
import type { Position } from "../../reading/fault-log.ts";
import { describeFound, type Located } from "../../reading/located.ts";
import type { Entries } from "../imported.ts";
import { literal, type Recorder } from "../recorder.ts";
import { isSecretField } from "../secret-book.ts";
import { Untranslated } from "../untranslated.ts";
import { evaluateFlowScript } from "./flow-script.ts";

/** Names of a flow's `env`, and what stands for them in the suite. */
export type Names = ReadonlyMap<string, string>;

export type FlowWalk = {
  readonly recorder: Recorder;
  /** The page that `launchApp` opens. */
  readonly url: string;
  readonly names: Names;
  /** What the step before tapped on: text that is typed next goes there. */
  tapped: string;
  /** Whether anything was done yet: what a fresh browser has anyway needs no step. */
  isFresh: boolean;
  /** Files of flows around this one. */
  readonly files: readonly string[];
  readonly readFile: (path: string) => string | undefined;
};

/** A node's text with what `${…}` in it stands for. @throws {Untranslated} */
export function flowText(walk: FlowWalk, node: Located | undefined, what: string): string {
  if (node?.kind !== "scalar" || node.value === null)
    throw new Untranslated(
      `${what} is ${node === undefined ? "missing" : `${describeFound(node)}, not a text`}`,
    );
  return fillText(walk, typeof node.value === "string" ? node.value : node.source);
}

/** @throws {Untranslated} for a script that has no counterpart. */
export function fillText(walk: FlowWalk, text: string): string {
  if (!text.includes("${")) return text;
  let filled = "";
  let rest = text;
  for (let start = rest.indexOf("${"); start !== -1; start = rest.indexOf("${")) {
    const end = closingOf(rest, start + 2);
    if (end === -1) break;
    filled += literal(rest.slice(0, start));
    filled += String(scriptValue(walk, rest.slice(start + 2, end)));
    rest = rest.slice(end + 1);
  }
  return filled + literal(rest);
}

/** Where the `}` stands that closes what opens before `from`; -1 when none does. */
function closingOf(text: string, from: number): number {
  let depth = 1;
  for (let index = from; index < text.length; index += 1) {
    if (text[index] === "{") depth += 1;
    if (text[index] === "}") depth -= 1;
    if (depth === 0) return index;
  }
  return -1;
}

/** The value of JavaScript between `${` and `}`. @throws {Untranslated} */
export function scriptValue(walk: FlowWalk, script: string): Json {
  return evaluateFlowScript(script, (name) => nameReference(walk, name));
}

/** What stands for a name that the flow's header, the command line or an earlier command gives. */
function nameReference(walk: FlowWalk, name: string): string {
  const known = walk.names.get(name);
  if (known !== undefined) return known;
  const { secrets } = walk.recorder.book;
  return isSecretField(name) ? secrets.declare(name) : `\${env.${name}}`;
}

/** Records a step with what any command may carry: a label, that it is optional. */
export function addStep(walk: FlowWalk, entries: Entries, carried: Entries = {}): void {
  walk.isFresh = false;
  walk.recorder.step({ ...entries, ...carried });
}

/** A command that could not be translated. */
export function tellMissing(
  walk: FlowWalk,
  made: { readonly at: Position; readonly text: string; readonly why: string },
): void {
  walk.recorder.missing({ ...made.at, text: made.text }, made.why);
}
