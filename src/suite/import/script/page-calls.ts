/** Calls of pages, their keyboard and their mouse. */
import type { Json } from "#proto/matcher.ts";
import { spanText } from "../../convert/span-text.ts";
import type { Entries } from "../imported.ts";
import { Untranslated } from "../untranslated.ts";
import { act, isAct, PICTURE_OPTIONS, pictureName } from "./act-calls.ts";
import { FINDERS, find } from "./locator-words.ts";
import type { PageCall } from "./page-call.ts";
import { recordShort, recordStep, type StepCall } from "./record-step.ts";
import { firstMatch, isStrict, selectorWords } from "./selector.ts";
import type { Expression } from "./syntax.ts";
import { closeTab, switchTo } from "./tabs.ts";
import { urlMatcher } from "./url-words.ts";
import { boundSteps } from "./use-options.ts";
import { entriesIn, jsonIn, NOTHING, type Tab, textIn, type Value } from "./values.ts";
import type { Walk } from "./walk.ts";

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
  ["waitForEvent", waitForEvent],
  ["waitForNavigation", quiet],
  ["waitForRequest", waitForRequest],
  ["waitForResponse", waitForRequest],
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
  ["bringToFront", (walk, { tab }) => bring(walk, tab)],
  ["setViewportSize", setViewportSize],
  ["emulateMedia", emulateMedia],
  ["dragAndDrop", dragAndDrop],
  ["setDefaultTimeout", (walk, call) => boundSteps(walk, call.args[0], call.at)],
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
    const all = selectorWords(textIn(selector, "the selector"), { kind: "page" });
    const words = firstMatch(all, isStrict(args.at(-1)));
    return act(walk, { name, words, tab, args: others, at });
  }
  throw new Untranslated(`a suite has no step for page.${name}()`);
}

const optionsOf = (args: readonly Value[]): Value | undefined =>
  args.at(-1)?.kind === "mapping" ? args.at(-1) : undefined;

function callOf(call: PageCall, takes: NonNullable<StepCall["takes"]> = {}): StepCall {
  return { tab: call.tab, at: call.at, options: optionsOf(call.args), takes };
}

/** Steps wait for the page by themselves; a quiet network is something else, and is listed. */
function waitUntilOf({ args }: PageCall): NonNullable<StepCall["takes"]> {
  const said = entriesIn(optionsOf(args)).get("waitUntil");
  const isQuiet = said?.kind === "data" && said.value === "networkidle";
  return isQuiet ? {} : { waitUntil: () => ({}) };
}

const keep =
  (key: string) =>
  (value: Json): Entries => ({ [key]: value });

function goto(walk: Walk, call: PageCall): Value {
  const url = textIn(call.args[0], "the address");
  if (walk.tabs.opensBy(call.tab)) {
    recordStep(walk, "tab", { args: { open: url }, call: callOf(call, waitUntilOf(call)) });
    return { kind: "response", isPage: true };
  }
  recordShort(walk, "goto", {
    short: url,
    long: { url },
    call: callOf(call, { waitUntil: keep("waitUntil") }),
  });
  return { kind: "response", isPage: true };
}

function plain(walk: Walk, verb: string, call: PageCall): Value {
  recordShort(walk, verb, { short: true, long: {}, call: callOf(call, waitUntilOf(call)) });
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
  const made = { args: { url: urlMatcher(url) }, call: callOf(call, waitUntilOf(call)) };
  recordStep(walk, "wait", made);
  return NOTHING;
}

function waitForSelector(walk: Walk, call: PageCall): Value {
  const all = selectorWords(textIn(call.args[0], "the selector"), { kind: "page" });
  const words = firstMatch(all, isStrict(optionsOf(call.args)));
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

function waitForEvent(walk: Walk, { args, tab }: PageCall): Value {
  const name = textIn(args[0], "the event");
  return { kind: "event", name, tab, from: walk.recorder.items.length };
}

/** The page's requests are listed from its beginning, so it is looked for where it is awaited. */
function waitForRequest(walk: Walk, { args, tab, at }: PageCall): Value {
  const [url] = args;
  if (url === undefined || url.kind === "function") {
    // Told here: what stands beside it, the click that sends it, is translated all the same.
    walk.recorder.missing(at, "a request is chosen by a function");
    return { kind: "unknown", why: "a request is chosen by a function" };
  }
  return { kind: "request", tab, url: urlMatcher(url) };
}

function bring(walk: Walk, tab: Tab): Value {
  switchTo(walk, tab);
  return NOTHING;
}

function setViewportSize(walk: Walk, { args, tab }: PageCall): Value {
  switchTo(walk, tab);
  walk.recorder.step({ viewport: jsonIn(args[0] ?? NOTHING, "the size") });
  return NOTHING;
}

function emulateMedia(walk: Walk, { args, tab }: PageCall): Value {
  switchTo(walk, tab);
  walk.recorder.step({ emulate: jsonIn(args[0] ?? NOTHING, "what is emulated") });
  return NOTHING;
}

function dragAndDrop(walk: Walk, { args, tab, at }: PageCall): Value {
  const words = (value: Value | undefined): Entries =>
    firstMatch(selectorWords(textIn(value, "the selector"), { kind: "page" }), isStrict(args[2]));
  const made = { from: words(args[0]), to: words(args[1]) };
  recordStep(walk, "drag", { args: made, call: { tab, at, options: args[2] } });
  return NOTHING;
}

/** A handler of dialogs says what becomes of them; what else is listened to has no step. */
function listen(walk: Walk, { name, args, tab, at }: PageCall): Value {
  const event = textIn(args[0], "the event");
  const [, handler] = args;
  if (event === "console" || event === "pageerror") {
    walk.recorder.remark(at, `${event} is kept as evidence of each attempt`);
    return NOTHING;
  }
  if (event !== "dialog" || handler?.kind !== "function")
    throw new Untranslated(`a suite does not listen to "${event}"`);
  walk.dialog = undefined;
  walk.dialogMessage = undefined;
  walk.callFunction(handler, [{ kind: "dialog" }]);
  switchTo(walk, tab);
  planDialog(walk, { at, isOnce: name === "once" });
  return NOTHING;
}

/** Once is a step; for all that may come only dismissing needs none. */
function planDialog(walk: Walk, { at, isOnce }: { at: Expression; isOnce: boolean }): void {
  const accepts = walk.dialog?.accepts === true;
  if (!isOnce && !accepts && walk.dialogMessage === undefined)
    return walk.recorder.remark(at, "dialogs are dismissed by themselves");
  if (!isOnce)
    walk.recorder.missing(
      { ...at, text: `${at.text} after the first dialog` },
      "a step answers one dialog: add one before each further act that opens one",
    );
  const answer = accepts ? "accept" : "dismiss";
  const text = walk.dialog?.text;
  const expected = walk.dialogMessage;
  const isShort = text === undefined && expected === undefined;
  const long = {
    [answer]: text ?? true,
    ...(expected === undefined ? {} : { expect: expected }),
  };
  walk.recorder.step({ dialog: isShort ? answer : long, ...(isOnce ? {} : { optional: true }) });
}

function close(walk: Walk, { tab, at }: PageCall): Value {
  return closeTab(walk, tab, at);
}

function quiet(walk: Walk, { at }: PageCall): Value {
  walk.recorder.remark(at, `${at.text}: needs no step`);
  return NOTHING;
}
