/** Records one step of a page: in its tab, with the options that a suite has words for; options that it has none for are listed. */
import type { Json } from "#proto/matcher.ts";
import { spanText } from "../../convert/span-text.ts";
import type { Entries } from "../imported.ts";
import { Untranslated } from "../untranslated.ts";
import type { Written } from "./syntax.ts";
import { switchTo } from "./tabs.ts";
import { entriesIn, jsonIn, type Tab, type Value } from "./values.ts";
import type { Walk } from "./walk.ts";

/** A call that becomes a step. */
export type StepCall = {
  readonly tab: Tab;
  readonly at: Written;
  /** Its last argument, when that is a mapping of options. */
  readonly options?: Value | undefined;
  /** How options become keys of the step; `timeout` is known everywhere. */
  readonly takes?: Readonly<Record<string, (value: Json) => Entries>>;
};

/** Options that change nothing where steps wait for their elements by themselves. */
const IDLE_OPTIONS: ReadonlySet<string> = new Set(["noWaitAfter", "strict", "steps"]);

/** Records a step whose arguments are a mapping. */
export function recordStep(
  walk: Walk,
  verb: string,
  made: { args: Entries; call: StepCall },
): void {
  const { taken, carried } = readOptions(walk, made.call);
  switchTo(walk, made.call.tab);
  walk.recorder.step({ [verb]: { ...made.args, ...taken }, ...carried });
}

/** Records a step whose argument is a single value where no option joins it. */
export function recordShort(
  walk: Walk,
  verb: string,
  made: { short: Json; long: Entries; call: StepCall },
): void {
  const { taken, carried } = readOptions(walk, made.call);
  switchTo(walk, made.call.tab);
  const isShort = Object.keys(taken).length === 0;
  walk.recorder.step({ [verb]: isShort ? made.short : { ...made.long, ...taken }, ...carried });
}

type ReadOptions = { readonly taken: Entries; readonly carried: Entries };

function readOptions(walk: Walk, { at, options, takes = {} }: StepCall): ReadOptions {
  let taken: Entries = {};
  let carried: Entries = {};
  for (const [key, value] of entriesIn(options)) {
    if (key === "trial" && value.kind === "data" && value.value === true)
      throw new Untranslated("it is only tried: nothing is done");
    const take = Object.hasOwn(takes, key) ? takes[key] : undefined;
    if (key === "timeout") carried = { ...carried, ...boundOf(jsonIn(value, key)) };
    else if (take !== undefined) taken = { ...taken, ...take(jsonIn(value, `the option ${key}`)) };
    else if (!IDLE_OPTIONS.has(key))
      walk.recorder.missing(
        { ...at, column: at.column, text: `${key} of ${at.text}` },
        `the step has no option "${key}"; it is done without it`,
      );
  }
  return { taken, carried };
}

/** `timeout: 5s` of `{ timeout: 5000 }`; 0 means no bound in Playwright, which a step does not have. */
export function boundOf(timeout: Json): Entries {
  return typeof timeout === "number" && timeout > 0 ? { timeout: spanText(timeout) } : {};
}
