/** Which function translates a call, by what it is called on. */

import { Untranslated } from "../untranslated.ts";
import { act, isAct } from "./act-calls.ts";
import { callContext } from "./context-calls.ts";
import { demand, makeDemand } from "./expect-calls.ts";
import { callDownload, chooseFiles } from "./file-calls.ts";
import { callInput } from "./input-calls.ts";
import { choose, combine, FINDERS, find, narrow } from "./locator-words.ts";
import { callPage } from "./page-calls.ts";
import { callResponse, sendRequest } from "./request-calls.ts";
import { firstMatch, isStrict, selectorWords } from "./selector.ts";
import type { Expression } from "./syntax.ts";
import { newTab } from "./tabs.ts";
import { boundSteps, readLaunch, readUse } from "./use-options.ts";
import {
  DIALOG_MESSAGE,
  FIRST_TAB,
  NOTHING,
  type PartName,
  type Tab,
  textIn,
  type Value,
} from "./values.ts";
import type { ApiCall, Walk } from "./walk.ts";

/** Rounds of a loop over a list that is written down. */
const ROUNDS_MAX = 100;

type Member = { readonly of: Value; readonly name: string };
type Call = { readonly args: readonly Value[]; readonly at: Expression };

/** @throws {Untranslated} when the call has no counterpart. */
export function callMember(walk: Walk, { of, name }: Member, call: Call): Value {
  // What a promise came to is there already.
  if (name === "catch" || name === "finally") return of;
  switch (of.kind) {
    case "page":
      return callPage(walk, { name, tab: of.tab, ...call });
    case "locator":
      return callLocator(walk, { of, name }, call);
    case "frame":
      return callFrame(walk, { of, name }, call);
    case "demand":
      return demand(walk, of, { name, ...call });
    case "part":
      return callPart(walk, { part: of.name, tab: of.tab, name }, call);
    case "member":
      return callNested(walk, { of, name }, call);
    case "context":
    case "browser":
    case "browserType":
      return callBrowser(walk, { of, name }, call);
    case "dialog":
      return callDialog(walk, name, call);
    case "download":
      return callDownload(walk, of.key, { name, ...call });
    case "fileChooser":
      return chooseFiles(walk, of.item, { name, ...call });
    case "response":
      return callResponse(of, { name, ...call });
    case "unknown":
      throw new Untranslated(of.why);
    default:
      return name === "forEach" ? callEach(walk, of, call) : callOther({ of, name }, call);
  }
}

function callLocator(
  walk: Walk,
  { of, name }: { of: Extract<Value, { kind: "locator" }>; name: string },
  { args, at }: Call,
): Value {
  const { tab, words } = of;
  const located = (made: typeof words): Value => ({ kind: "locator", tab, words: made });
  switch (name) {
    case "first":
      return located(choose(words, 0));
    case "last":
      return located(choose(words, -1));
    case "nth":
      return located(choose(words, Number(textIn(args[0], "the number"))));
    case "filter":
      return located(narrow(words, args[0]));
    case "and":
    case "or":
      return located(combine(words, name, args[0]));
    case "contentFrame":
      return { kind: "frame", tab, words };
    case "page":
      return { kind: "page", tab };
    case "describe":
      return of;
    default:
      break;
  }
  if (FINDERS.has(name)) {
    const ground = { kind: "within", words } as const;
    const found = find({ name, args, ground, testIdAttribute: walk.testIdAttribute });
    return { kind: name === "frameLocator" ? "frame" : "locator", tab, words: found };
  }
  return act(walk, { name, words, tab, args, at });
}

function callFrame(
  walk: Walk,
  { of, name }: { of: Extract<Value, { kind: "frame" }>; name: string },
  { args, at }: Call,
): Value {
  const { tab, words } = of;
  if (name === "first") return { ...of, words: choose(words, 0) };
  if (name === "last") return { ...of, words: choose(words, -1) };
  if (name === "nth") return { ...of, words: choose(words, Number(textIn(args[0], "the number"))) };
  if (name === "owner") return { kind: "locator", tab, words };
  const ground = { kind: "frame", words } as const;
  if (FINDERS.has(name)) {
    const found = find({ name, args, ground, testIdAttribute: walk.testIdAttribute });
    return { kind: name === "frameLocator" ? "frame" : "locator", tab, words: found };
  }
  const [selector, ...others] = args;
  const isWait = name === "waitForSelector";
  if (!isAct(name) && !isWait)
    throw new Untranslated(`a suite has no step for ${name}() of a frame`);
  const all = selectorWords(textIn(selector, "the selector"), ground);
  const meant = firstMatch(all, isStrict(args.at(-1)));
  return act(walk, { name: isWait ? "waitFor" : name, words: meant, tab, args: others, at });
}

function callPart(
  walk: Walk,
  member: { part: PartName; tab: Tab; name: string },
  call: Call,
): Value {
  const { part, tab, name } = member;
  switch (part) {
    case "keyboard":
    case "mouse":
      return callInput(walk, part, { name, tab, ...call });
    case "console":
      walk.recorder.remark(call.at, `console.${name}(): needs no step`);
      return NOTHING;
    case "expect":
      return makeDemand(name, call.args);
    case "test":
      return callTest(walk, name, call);
    case "request":
      return name === "newContext"
        ? { kind: "part", name: "request", tab: FIRST_TAB }
        : sendRequest(walk, { name, ...call });
    case "promise":
      if (name === "all") return call.args[0] ?? NOTHING;
      throw new Untranslated(`Promise.${name}() has no counterpart`);
    case "path":
      return { kind: "data", value: call.args.map((arg) => textIn(arg, "the path")).join("/") };
    default:
      throw new Untranslated(`${part}.${name}() has no counterpart`);
  }
}

/** `test.step()`, `test.describe.serial()`; what declares goes to whoever reads the file. */
function callTest(walk: Walk, name: string, { args, at }: Call): Value {
  if (name === "step") {
    const body = args.find((arg) => arg.kind === "function");
    walk.recorder.remark(at, `step ${textIn(args[0], "the name of the step")}`);
    return body?.kind === "function" ? walk.callFunction(body, []) : NOTHING;
  }
  if (name === "extend") {
    walk.recorder.missing(
      at,
      "tests have no fixtures of their own in a suite; they are read without",
    );
    return { kind: "part", name: "test", tab: FIRST_TAB };
  }
  if (name === "info")
    return { kind: "unknown", why: "what a test knows of itself is not translated" };
  const api: ApiCall = { name: name === "" ? "test" : `test.${name}`, args, at };
  if (walk.declare?.(api) === true) return NOTHING;
  throw new Untranslated(`${api.name}() has no counterpart here`);
}

/** `test.describe.only(…)`, `expect.soft(…)` come as a member of a member. */
function callNested(
  walk: Walk,
  { of, name }: { of: Extract<Value, { kind: "member" }>; name: string },
  call: Call,
): Value {
  if (of.of.kind === "part" && of.of.name === "test")
    return callTest(walk, `${of.name}.${name}`, call);
  throw new Untranslated(`${of.name}.${name}() has no counterpart`);
}

function callBrowser(
  walk: Walk,
  { of, name }: { of: Value; name: string },
  { args, at }: Call,
): Value {
  switch (name) {
    case "launch":
    case "launchPersistentContext":
      if (of.kind === "browserType" && of.name !== "chromium")
        walk.recorder.missing(at, `tests run in Chromium, not in ${of.name}`);
      readLaunch(walk, name === "launch" ? args[0] : args[1], at);
      return { kind: name === "launch" ? "browser" : "context" };
    case "newContext":
      readUse(walk, args[0], at);
      return { kind: "context" };
    case "newPage":
      if (of.kind === "browser") readUse(walk, args[0], at);
      return newTab(walk);
    case "setDefaultTimeout":
      return boundSteps(walk, args[0], at);
    case "close":
    case "setDefaultNavigationTimeout":
      walk.recorder.remark(at, `${at.text}: needs no step`);
      return NOTHING;
    case "waitForEvent":
      return {
        kind: "event",
        name: textIn(args[0], "the event"),
        tab: FIRST_TAB,
        from: walk.recorder.items.length,
      };
    default:
      if (of.kind === "context") return callContext(walk, { name, args, at });
      throw new Untranslated(`a suite has no step for ${of.kind}.${name}()`);
  }
}

function callDialog(walk: Walk, name: string, { args }: Call): Value {
  if (name === "accept" || name === "dismiss") {
    const text = args[0]?.kind === "data" ? textIn(args[0], "the answer") : undefined;
    walk.dialog = { accepts: name === "accept", ...(text === undefined ? {} : { text }) };
    return NOTHING;
  }
  // Only ever printed.
  if (name === "message") return { kind: "data", value: DIALOG_MESSAGE };
  if (name === "type" || name === "defaultValue") return { kind: "data", value: "" };
  throw new Untranslated(`a suite has no step for dialog.${name}()`);
}

/** `list.forEach(…)` over a list that is written down. */
function callEach(walk: Walk, of: Value, { args: [body] }: Call): Value {
  if (of.kind !== "list" || body?.kind !== "function")
    throw new Untranslated("the loop is not over a list that is written down");
  if (of.items.length > ROUNDS_MAX)
    throw new Untranslated(`the loop has more than ${ROUNDS_MAX} rounds`);
  for (const [index, item] of of.items.entries())
    walk.callFunction(body, [item, { kind: "data", value: index }]);
  return NOTHING;
}

function callOther({ of, name }: Member, { args }: Call): Value {
  if (of.kind === "data" && typeof of.value === "string" && name === "toString") return of;
  if (of.kind === "list" && name === "join")
    return {
      kind: "data",
      value: of.items
        .map((item) => textIn(item, "an item"))
        .join(args.length === 0 ? "," : textIn(args[0], "what stands between")),
    };
  throw new Untranslated(`${name}() has no counterpart`);
}
