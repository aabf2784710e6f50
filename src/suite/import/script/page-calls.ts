/** Calls of pages, their keyboard and their mouse. */
import type { Json } from "#proto/matcher.ts";
import { spanText } from "../../convert/span-text.ts";
import type { Entries } from "../imported.ts";
import { Untranslated } from "../untranslated.ts";
import { act, isAct, PICTURE_OPTIONS, pictureName, pressOnPage } from "./act-calls.ts";
import { FINDERS, find } from "./locator-words.ts";
import { recordShort, recordStep, type StepCall } from "./record-step.ts";
import { selectorWords } from "./selector.ts";
import type { Expression } from "./syntax.ts";
import { urlMatcher } from "./url-words.ts";
import { entriesIn, jsonIn, NOTHING, type Tab, textIn, type Value } from "./values.ts";
import type { Walk } from "./walk.ts";

/** A call of a page. */
export type PageCall = {
  readonly name: string;
  readonly tab: Tab;
  readonly args: readonly Value[];
  readonly at: Expression;
};

type Act = (walk: Walk, call: PageCall) => Value;

const CALLS: ReadonlyMap<string, Act> = new Map<string, Act>([
  ["goto", goto],
  ["goBack", (walk, call) => plain(walk, "back", call)],
  ["goForward", (walk, call) => plain(walk, "forward", call)],
  ["reload", (walk, call) => plain(walk, "reload", call)],
  ["waitForTimeout", waitForTimeout],
  ["waitForURL", waitForUrl],
  ["waitForSelector", waitForSelector],
  ["waitForLoadState", waitForLoadState],
  [
    "waitForEvent",
    (_, { args, tab }) => ({ kind: "event", name: textIn(args[0], "the event"), tab }),
  ],
  ["on", listen],
  ["once", listen],
  ["addListener", listen],
  ["screenshot", screenshot],
  ["title", (_, { tab }) => ({ kind: "reading", tab, subject: { title: true }, name: "title" })],
  ["url", (_, { tab }) => ({ kind: "reading", tab, subject: { url: true }, name: "url" })],
  ["evaluate", evaluateInPage],
  ["mainFrame", (_, { tab }) => ({ kind: "page", tab })],
  ["frame", frameByName],
  ["context", () => ({ kind: "context" })],
  ["close", close],
  ["pause", quiet],
  ["bringToFront", quiet],
  ["setDefaultTimeout", quiet],
  ["setDefaultNavigationTimeout", quiet],
  ["isClosed", () => NOTHING],
]);

/** Records what a call of a page does. @throws {Untranslated} */
export function callPage(walk: Walk, call: PageCall): Value {
  const { name, args, tab, at } = call;
  if (FINDERS.has(name)) {
    const words = find({
      name,
      args,
      ground: { kind: "page" },
      testIdAttribute: walk.testIdAttribute,
    });
    return { kind: name === "frameLocator" ? "frame" : "locator", tab, words };
  }
  const found = CALLS.get(name);
  if (found !== undefined) return found(walk, call);
  // As pages were used before there were locators: page.click("#save").
  const [selector, ...others] = args;
  if (isAct(name) && selector !== undefined) {
    const words = selectorWords(textIn(selector, "the selector"), { kind: "page" });
    return act(walk, { name, words, tab, args: others, at });
  }
  throw new Untranslated(`a suite has no step for page.${name}()`);
}

const optionsOf = (args: readonly Value[]): Value | undefined =>
  args.at(-1)?.kind === "mapping" ? args.at(-1) : undefined;

function callOf(call: PageCall, takes: NonNullable<StepCall["takes"]> = {}): StepCall {
  return { tab: call.tab, at: call.at, options: optionsOf(call.args), takes };
}

const keep =
  (key: string) =>
  (value: Json): Entries => ({ [key]: value });

function goto(walk: Walk, call: PageCall): Value {
  const url = textIn(call.args[0], "the address");
  recordShort(walk, "goto", {
    short: url,
    long: { url },
    call: callOf(call, { waitUntil: keep("waitUntil") }),
  });
  return { kind: "response", isPage: true };
}

function plain(walk: Walk, verb: string, call: PageCall): Value {
  recordShort(walk, verb, { short: true, long: {}, call: callOf(call, { waitUntil: () => ({}) }) });
  return NOTHING;
}

function waitForTimeout(walk: Walk, { args, tab, at }: PageCall): Value {
  const ms = jsonIn(args[0] ?? NOTHING, "the time");
  if (typeof ms !== "number" || ms < 0) throw new Untranslated("the time is no number");
  recordShort(walk, "wait", { short: spanText(ms), long: {}, call: { tab, at } });
  return NOTHING;
}

function waitForUrl(walk: Walk, call: PageCall): Value {
  const [url] = call.args;
  const takes = { waitUntil: () => ({}) };
  recordStep(walk, "wait", { args: { url: urlMatcher(url) }, call: callOf(call, takes) });
  return NOTHING;
}

function waitForSelector(walk: Walk, call: PageCall): Value {
  const words = selectorWords(textIn(call.args[0], "the selector"), { kind: "page" });
  const made = { args: { for: words }, call: callOf(call, { state: keep("state") }) };
  recordStep(walk, "wait", made);
  return { kind: "locator", tab: call.tab, words };
}

function waitForLoadState(walk: Walk, { args, at }: PageCall): Value {
  const state = args[0]?.kind === "data" ? args[0].value : "load";
  if (state !== "load" && state !== "domcontentloaded")
    throw new Untranslated(`a suite waits for what is to be seen, not for "${String(state)}"`);
  walk.recorder.remark(at, `${at.text}: steps wait for what they need by themselves`);
  return NOTHING;
}

function screenshot(walk: Walk, call: PageCall): Value {
  const name = pictureName(optionsOf(call.args), "page");
  recordShort(walk, "screenshot", {
    short: name,
    long: { name },
    call: callOf(call, PICTURE_OPTIONS),
  });
  return NOTHING;
}

/** The function's own text is what the page runs. */
function evaluateInPage(walk: Walk, { args, at, tab }: PageCall): Value {
  const [, given] = args;
  const written = at.kind === "call" ? at.args[0] : undefined;
  const [first] = args;
  const argument = given === undefined ? "" : JSON.stringify(jsonIn(given, "the argument"));
  const js =
    first?.kind === "function" && written !== undefined
      ? `(${written.text})(${argument})`.replaceAll("${", () => "$${")
      : textIn(first, "the expression");
  const key = walk.recorder.book.freshKey("evaluated");
  recordStep(walk, "eval", { args: { js, save: key }, call: { tab, at } });
  return { kind: "data", value: `\${saved.${key}}` };
}

function frameByName(_: Walk, { args, tab }: PageCall): Value {
  const [first] = args;
  const name = first?.kind === "mapping" ? entriesIn(first).get("name") : first;
  const words = { css: `iframe[name=${JSON.stringify(textIn(name, "the name of the frame"))}]` };
  return { kind: "frame", tab, words };
}

/** A handler of dialogs says what becomes of them; what else is listened to has no step. */
function listen(walk: Walk, { args, at }: PageCall): Value {
  const event = textIn(args[0], "the event");
  const [, handler] = args;
  if (event === "console" || event === "pageerror") {
    walk.recorder.remark(at, `${event} is kept as evidence of each attempt`);
    return NOTHING;
  }
  if (event !== "dialog" || handler?.kind !== "function")
    throw new Untranslated(`a suite does not listen to "${event}"`);
  walk.dialog = undefined;
  walk.callFunction(handler, [{ kind: "dialog" }]);
  planDialog(walk, at);
  return NOTHING;
}

function planDialog(walk: Walk, at: Expression): void {
  if (walk.dialog?.accepts === true)
    throw new Untranslated("dialogs are dismissed; accepting them has no step");
  walk.recorder.remark(at, "dialogs are dismissed by themselves");
}

function close(walk: Walk, { at }: PageCall): Value {
  walk.recorder.remark(at, `${at.text}: pages close with their attempt`);
  return NOTHING;
}

function quiet(walk: Walk, { at }: PageCall): Value {
  walk.recorder.remark(at, `${at.text}: needs no step`);
  return NOTHING;
}

/** `page.keyboard` and `page.mouse`. @throws {Untranslated} */
export function callInput(walk: Walk, part: "keyboard" | "mouse", call: PageCall): Value {
  const { name, args, tab, at } = call;
  if (part === "keyboard" && name === "press") {
    pressOnPage(walk, textIn(args[0], "the key"), { tab, at });
    return NOTHING;
  }
  if (part === "keyboard" && (name === "type" || name === "insertText")) {
    const value = textIn(args[0], "the text");
    return act(walk, {
      name: "type",
      words: { css: ":focus" },
      tab,
      args: [{ kind: "data", value }],
      at,
    });
  }
  throw new Untranslated(`a suite has no step for page.${part}.${name}()`);
}
