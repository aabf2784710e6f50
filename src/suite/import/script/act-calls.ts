/** Calls of locators that do something or read something: `click`, `fill`, `textContent` … */
import type { Json } from "#proto/matcher.ts";
import { spanText } from "../../convert/span-text.ts";
import type { Entries } from "../imported.ts";
import { isSecretField } from "../secret-book.ts";
import { Untranslated } from "../untranslated.ts";
import { spokenName } from "./locator-words.ts";
import { recordShort, recordStep, type StepCall } from "./record-step.ts";
import type { Written } from "./syntax.ts";
import { entriesIn, jsonIn, NOTHING, type Tab, textIn, type Value } from "./values.ts";
import type { Walk } from "./walk.ts";

/** A call of a locator, or of a page with a selector in front. */
export type ActCall = {
  readonly name: string;
  readonly words: Entries;
  readonly tab: Tab;
  readonly args: readonly Value[];
  readonly at: Written;
};

type Act = (walk: Walk, call: ActCall) => Value;

/** Calls that become steps. */
const ACTS: ReadonlyMap<string, Act> = new Map<string, Act>([
  ["click", click],
  ["dblclick", (walk, call) => simple(walk, "dblclick", call)],
  ["tap", tap],
  ["focus", (walk, call) => simple(walk, "focus", call)],
  ["blur", (walk, call) => simple(walk, "blur", call)],
  ["selectText", (walk, call) => simple(walk, "selectText", call)],
  ["dragTo", dragTo],
  ["hover", (walk, call) => simple(walk, "hover", call)],
  ["check", (walk, call) => simple(walk, "check", call)],
  ["uncheck", (walk, call) => simple(walk, "uncheck", call)],
  ["setChecked", setChecked],
  ["fill", fill],
  ["clear", (walk, call) => simple(walk, "clear", call)],
  ["pressSequentially", type],
  ["type", type],
  ["press", press],
  ["selectOption", select],
  ["setInputFiles", upload],
  ["scrollIntoViewIfNeeded", scrollTo],
  ["screenshot", screenshot],
  ["waitFor", waitFor],
  ["highlight", highlight],
]);

/** Calls that read something; it is saved where it is awaited. */
type Reading = (call: ActCall) => Entries;
const READINGS: ReadonlyMap<string, Reading> = new Map<string, Reading>([
  ["textContent", ({ words }) => ({ textContent: words })],
  ["innerText", ({ words }) => ({ text: words })],
  ["inputValue", ({ words }) => ({ value: words })],
  ["count", ({ words }) => ({ count: words })],
  ["isVisible", ({ words }) => ({ visible: words })],
  ["isHidden", ({ words }) => ({ hidden: words })],
  ["isChecked", ({ words }) => ({ checked: words })],
  ["isEnabled", ({ words }) => ({ enabled: words })],
  ["isDisabled", ({ words }) => ({ disabled: words })],
  [
    "getAttribute",
    ({ words, args }) => ({ attribute: textIn(args[0], "the attribute"), on: words }),
  ],
]);

/** Whether a locator has that call. */
export function isAct(name: string): boolean {
  return ACTS.has(name) || READINGS.has(name);
}

/** Records what the call does; what it reads is its value. @throws {Untranslated} */
export function act(walk: Walk, call: ActCall): Value {
  const reading = READINGS.get(call.name);
  if (reading !== undefined)
    return { kind: "reading", tab: call.tab, subject: reading(call), name: call.name };
  const found = ACTS.get(call.name);
  if (found === undefined) throw new Untranslated(`a suite has no step for ${call.name}()`);
  return found(walk, call);
}

const lastOptions = (args: readonly Value[]): Value | undefined =>
  args.at(-1)?.kind === "mapping" ? args.at(-1) : undefined;

function callOf(call: ActCall, takes: NonNullable<StepCall["takes"]> = {}): StepCall {
  return { tab: call.tab, at: call.at, options: lastOptions(call.args), takes };
}

const keep =
  (key: string) =>
  (value: Json): Entries => ({ [key]: value });

function simple(walk: Walk, verb: string, call: ActCall): Value {
  recordStep(walk, verb, { args: call.words, call: callOf(call) });
  return NOTHING;
}

function click(walk: Walk, call: ActCall): Value {
  const count = entriesIn(lastOptions(call.args)).get("clickCount");
  const isDouble = count?.kind === "data" && count.value === 2;
  const takes = {
    button: keep("button"),
    modifiers: keep("modifiers"),
    position: keep("position"),
    clickCount: (value: Json): Entries => {
      if (value === 1 || value === 2) return {};
      throw new Untranslated(`a suite has no click that is repeated ${String(value)} times`);
    },
  };
  recordStep(walk, isDouble ? "dblclick" : "click", {
    args: call.words,
    call: callOf(call, takes),
  });
  return NOTHING;
}

function tap(walk: Walk, call: ActCall): Value {
  recordStep(walk, "tap", {
    args: call.words,
    call: callOf(call, { position: keep("position") }),
  });
  return NOTHING;
}

function dragTo(walk: Walk, call: ActCall): Value {
  const [target] = call.args;
  if (target?.kind !== "locator") throw new Untranslated("it is dragged to what is no locator");
  recordStep(walk, "drag", {
    args: { from: call.words, to: target.words },
    call: { ...callOf(call), options: call.args[1] },
  });
  return NOTHING;
}

function setChecked(walk: Walk, call: ActCall): Value {
  const wanted = jsonIn(call.args[0] ?? NOTHING, "whether it is checked");
  return simple(walk, wanted === true ? "check" : "uncheck", call);
}

/** The key that marks an element whose value was set. */
export const fieldKey = (words: Entries): string => JSON.stringify(words);

function fill(walk: Walk, call: ActCall): Value {
  return put(walk, "fill", call);
}

function type(walk: Walk, call: ActCall): Value {
  return put(walk, "type", call);
}

function put(walk: Walk, verb: "fill" | "type", call: ActCall): Value {
  const written = textIn(call.args[0], "the value");
  const value = valueOrSecret(walk, call, written);
  walk.filled.add(fieldKey(call.words));
  const takes = verb === "type" ? { delay: (ms: Json) => ({ delay: spanText(Number(ms)) }) } : {};
  recordStep(walk, verb, { args: { ...call.words, value }, call: callOf(call, takes) });
  return NOTHING;
}

/** A literal for a field that takes a secret is left out of the suite. */
function valueOrSecret(walk: Walk, { words, at }: ActCall, written: string): string {
  const { secrets } = walk.recorder.book;
  const known = secrets.known(written);
  if (known !== undefined) return known;
  const spoken = spokenName(words);
  if (written === "" || written.includes("${") || !isSecretField(spoken)) return written;
  const reference = secrets.hide(written, spoken.replaceAll(/\$\{[^}]*\}/g, ""));
  walk.recorder.book.tellAdvice({
    line: at.line,
    column: at.column,
    text: `the value of ${spoken} is left out as a secret: set ${reference.slice(10, -1)} in the environment of the run`,
  });
  return reference;
}

function press(walk: Walk, call: ActCall): Value {
  const args = { ...call.words, key: textIn(call.args[0], "the key") };
  recordStep(walk, "press", { args, call: callOf(call) });
  return NOTHING;
}

function select(walk: Walk, call: ActCall): Value {
  const [first] = call.args;
  const items = first?.kind === "list" ? first.items : first === undefined ? [] : [first];
  const option = items.map(optionText);
  if (option.length === 0) throw new Untranslated("it chooses no option");
  const args = { ...call.words, option: option.length === 1 ? (option[0] ?? "") : option };
  recordStep(walk, "select", {
    args,
    call: { ...callOf(call), options: call.args.length > 1 ? call.args[1] : undefined },
  });
  return NOTHING;
}

function optionText(value: Value): Json {
  if (value.kind !== "mapping") return textIn(value, "the option");
  const index = value.entries.get("index");
  if (index !== undefined) return { index: jsonIn(index, "the place of the option") };
  const named = value.entries.get("label") ?? value.entries.get("value");
  if (named === undefined)
    throw new Untranslated("an option is chosen by its label or its value only");
  return textIn(named, "the option");
}

function upload(walk: Walk, call: ActCall): Value {
  const [first] = call.args;
  const items = first?.kind === "list" ? first.items : first === undefined ? [] : [first];
  const files = items.map((item) => {
    if (item.kind === "mapping")
      throw new Untranslated("a file is uploaded that is made in the script");
    return textIn(item, "the file");
  });
  if (files.length === 0) throw new Untranslated("it takes all files out of the field");
  for (const file of files) walk.noteFile(file, call.at);
  recordStep(walk, "upload", {
    args: { ...call.words, files },
    call: { ...callOf(call), options: call.args.length > 1 ? call.args[1] : undefined },
  });
  return NOTHING;
}

function highlight(walk: Walk, { at }: ActCall): Value {
  walk.recorder.remark(at, `${at.text}: needs no step`);
  return NOTHING;
}

function scrollTo(walk: Walk, call: ActCall): Value {
  recordStep(walk, "scroll", { args: { to: call.words }, call: callOf(call) });
  return NOTHING;
}

function screenshot(walk: Walk, call: ActCall): Value {
  const options = callOf(call, { ...PICTURE_OPTIONS });
  recordStep(walk, "screenshot", {
    args: { name: pictureName(call.args[0], "element"), on: call.words },
    call: options,
  });
  return NOTHING;
}

/** Options of pictures; what makes them steady is not needed where nothing is compared. */
export const PICTURE_OPTIONS: NonNullable<StepCall["takes"]> = {
  path: () => ({}),
  fullPage: keep("fullPage"),
  type: keep("format"),
  quality: keep("quality"),
  animations: () => ({}),
  caret: () => ({}),
  scale: () => ({}),
};

/** The last part of the path; a picture is an artifact of the attempt, not a file at that place. */
export function pictureName(options: Value | undefined, otherwise: string): string {
  const path = entriesIn(options).get("path");
  if (path === undefined) return otherwise;
  return textIn(path, "the path").split(/[\\/]/).at(-1) || otherwise;
}

function waitFor(walk: Walk, call: ActCall): Value {
  const call_ = callOf(call, { state: keep("state") });
  recordStep(walk, "wait", { args: { for: call.words }, call: call_ });
  return NOTHING;
}

/** A key for the page's focus. */
export function pressOnPage(walk: Walk, key: string, call: StepCall): void {
  recordShort(walk, "press", { short: key, long: { key }, call });
}
