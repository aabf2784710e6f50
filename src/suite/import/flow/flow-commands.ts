/** Commands of flows that touch the page, as steps. Those that hold other commands are in flow-control.ts. */
import type { Json } from "#proto/matcher.ts";
import { spanText } from "../../convert/span-text.ts";
import type { Entries } from "../imported.ts";
import { Untranslated } from "../untranslated.ts";
import type { FlowCommand, Perform } from "./flow-command.ts";
import { conditionIn, scriptOf } from "./flow-conditions.ts";
import { eraseText, inputRandom, inputText, typeText } from "./flow-input.ts";
import { MOVES } from "./flow-moves.ts";
import { readAssignment } from "./flow-script.ts";
import { entryIn, numberIn, selectorLocator } from "./flow-selector.ts";
import { longPress, tap } from "./flow-taps.ts";
import { addStep, type FlowWalk, flowText, scriptValue } from "./flow-walk.ts";

/** By name. */
export const COMMANDS: ReadonlyMap<string, Perform> = new Map<string, Perform>([
  ["launchApp", launchApp],
  ["openLink", openLink],
  ["openBrowser", openLink],
  ["tapOn", (walk, command) => tap(walk, "click", command)],
  ["doubleTapOn", (walk, command) => tap(walk, "dblclick", command)],
  ["longPressOn", longPress],
  ["inputText", inputText],
  ["inputRandomText", (walk, command) => inputRandom(walk, "text", command)],
  ["inputRandomNumber", (walk, command) => inputRandom(walk, "number", command)],
  ["inputRandomEmail", (walk, command) => inputRandom(walk, "email", command)],
  ["inputRandomPersonName", (walk, command) => inputRandom(walk, "name", command)],
  ["inputRandomCityName", (walk, command) => inputRandom(walk, "city", command)],
  ["eraseText", eraseText],
  ["pressKey", pressKey],
  ["assertVisible", (walk, command) => assertSeen(walk, "visible", command)],
  ["assertNotVisible", (walk, command) => assertSeen(walk, "hidden", command)],
  ["assertTrue", assertTrue],
  ["extendedWaitUntil", waitUntil],
  ["copyTextFrom", copyText],
  ["setClipboard", setClipboard],
  ["pasteText", (walk, { carried }) => typeText(walk, "${saved.copiedText}", carried)],
  ["evalScript", evalScript],
  ["takeScreenshot", takeScreenshot],
  ["startRecording", (walk, command) => record(walk, "start", command)],
  ["stopRecording", (walk, command) => record(walk, "stop", command)],
  ["back", (walk, { carried }) => addStep(walk, { back: true }, carried)],
  ...MOVES,
  ["clearState", clearState],
  ["setLocation", setLocation],
  ["setAirplaneMode", setAirplaneMode],
  ...["hideKeyboard", "stopApp", "killApp", "clearKeychain", "waitForAnimationToEnd"].map(
    (name) => [name, needsNothing] as const,
  ),
]);

function needsNothing(walk: FlowWalk, { name, args }: FlowCommand): void {
  walk.recorder.remark(args, `${name}: needs no step on a page`);
}

function launchApp(walk: FlowWalk, { args, carried }: FlowCommand): void {
  const cleared = entryIn(args, "clearState");
  if (cleared?.kind === "scalar" && cleared.value === true && !walk.isFresh) clearAll(walk);
  if (args.kind === "mapping")
    for (const { key, at } of args.entries)
      if (!["appId", "url", "clearState", "stopApp", "clearKeychain"].includes(key))
        walk.recorder.missing(
          { ...at, text: `${key} of launchApp` },
          "a page is opened without it",
        );
  addStep(walk, { goto: walk.url }, carried);
}

function clearState(walk: FlowWalk, command: FlowCommand): void {
  if (walk.isFresh) needsNothing(walk, command);
  else clearAll(walk);
}

function clearAll(walk: FlowWalk): void {
  addStep(walk, { cookies: { clear: true } });
  addStep(walk, { storage: { local: { clear: true }, session: { clear: true } } });
}

function openLink(walk: FlowWalk, { args, carried }: FlowCommand): void {
  const link = flowText(walk, entryIn(args, "link") ?? args, "the link");
  const url = /^([a-z][a-z0-9+.-]*:|\$\{)/i.test(link) ? link : `https://${link}`;
  addStep(walk, { goto: url }, carried);
}

/** Keys by Maestro's names, in small letters. */
const KEYS: ReadonlyMap<string, string> = new Map([
  ["enter", "Enter"],
  ["backspace", "Backspace"],
  ["tab", "Tab"],
  ["escape", "Escape"],
  ["home", "Home"],
  ["end", "End"],
  ["space", "Space"],
]);

function pressKey(walk: FlowWalk, { args, carried }: FlowCommand): void {
  const written = flowText(walk, entryIn(args, "key") ?? args, "the key");
  if (written.toLowerCase() === "back") return addStep(walk, { back: true }, carried);
  const key = KEYS.get(written.toLowerCase());
  if (key === undefined) throw new Untranslated(`a page has no key "${written}"`);
  addStep(walk, { press: key }, carried);
}

function assertSeen(
  walk: FlowWalk,
  state: "visible" | "hidden",
  { args, carried }: FlowCommand,
): void {
  addStep(walk, { expect: { [state]: selectorLocator(walk, args) } }, carried);
}

function assertTrue(walk: FlowWalk, { args, carried }: FlowCommand): void {
  const script = scriptOf(walk, entryIn(args, "condition") ?? args);
  addStep(walk, { expect: conditionIn(walk, script) }, carried);
}

function evalScript(walk: FlowWalk, { args, carried }: FlowCommand): void {
  const script = scriptOf(walk, entryIn(args, "script") ?? args);
  const { key, value } = readAssignment(script, (name) => String(scriptValue(walk, name)));
  addStep(walk, { save: { [key]: { that: value } } }, carried);
}

function waitUntil(walk: FlowWalk, { args, carried }: FlowCommand): void {
  const timeout = entryIn(args, "timeout");
  const bound: Entries =
    timeout === undefined ? {} : { timeout: spanText(numberIn(walk, timeout, "timeout")) };
  const waits = (["visible", "notVisible"] as const).flatMap((key) => {
    const node = entryIn(args, key);
    return node === undefined ? [] : [{ key, locator: selectorLocator(walk, node) }];
  });
  if (waits.length === 0)
    throw new Untranslated("it waits neither for what is visible nor for what is not");
  for (const { key, locator } of waits) {
    const state: Json = key === "visible" ? "visible" : "hidden";
    addStep(walk, { wait: { for: locator, state }, ...bound }, carried);
  }
}

function copyText(walk: FlowWalk, { args, carried }: FlowCommand): void {
  addStep(walk, { save: { copiedText: { text: selectorLocator(walk, args) } } }, carried);
}

function setClipboard(walk: FlowWalk, { args, carried }: FlowCommand): void {
  const that = flowText(walk, entryIn(args, "text") ?? args, "the text");
  addStep(walk, { save: { copiedText: { that } } }, carried);
}

function takeScreenshot(walk: FlowWalk, { args, carried }: FlowCommand): void {
  const path = flowText(walk, entryIn(args, "path") ?? args, "the name");
  addStep(walk, { screenshot: path.split(/[\\/]/).at(-1) || "page" }, carried);
}

function record(walk: FlowWalk, action: "start" | "stop", { args, carried }: FlowCommand): void {
  const path = entryIn(args, "path") ?? args;
  const isNamed = path.kind === "scalar" && path.value !== null;
  const name = isNamed ? flowText(walk, path, "the name").split(/[\\/]/).at(-1) : undefined;
  addStep(
    walk,
    { record: name === undefined || action === "stop" ? action : { start: name } },
    carried,
  );
}

function setLocation(walk: FlowWalk, { args, carried }: FlowCommand): void {
  const side = (key: string): number => {
    const node = entryIn(args, key);
    if (node === undefined) throw new Untranslated(`${key} is missing`);
    return numberIn(walk, node, key);
  };
  addStep(
    walk,
    { geolocation: { latitude: side("latitude"), longitude: side("longitude") } },
    carried,
  );
}

function setAirplaneMode(walk: FlowWalk, { args, carried }: FlowCommand): void {
  const mode = flowText(walk, entryIn(args, "value") ?? args, "the mode").toLowerCase();
  addStep(walk, { network: mode === "enabled" ? "offline" : "online" }, carried);
}
