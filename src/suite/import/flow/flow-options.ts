/** The keys that each command of a flow may have: what a command has besides is listed, as it would change nothing in the suite. */
import type { Located } from "../../reading/located.ts";
import { PLACES, SELECTOR_KEYS } from "./flow-selector.ts";
import { type FlowWalk, tellMissing } from "./flow-walk.ts";

/** Any command may carry these. */
const CARRIED: readonly string[] = ["label", "optional"];
const SELECTOR: readonly string[] = [...SELECTOR_KEYS];
/** How long an app may take to come to rest: steps wait by themselves. */
const SETTLING: readonly string[] = ["waitToSettleTimeoutMs", "retryTapIfNoChange"];
const TAP: readonly string[] = [...SELECTOR, ...SETTLING, "waitUntilVisible", "point"];

/** What is read, and what is of no matter on a page. Commands that are not here tell by themselves. */
const KEYS: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ["tapOn", [...TAP, "repeat", "delay"]],
  ["doubleTapOn", [...TAP, "repeat", "delay"]],
  ["longPressOn", TAP],
  ["assertVisible", SELECTOR],
  ["assertNotVisible", SELECTOR],
  ["copyTextFrom", SELECTOR],
  ["scrollUntilVisible", ["element", "direction", "timeout", "speed", ...SETTLING]],
  ["swipe", ["start", "end", "direction", "duration", ...SETTLING]],
  ["extendedWaitUntil", ["visible", "notVisible", "timeout"]],
  ["inputText", ["text"]],
  ["eraseText", ["charactersToErase"]],
  ["pressKey", ["key"]],
  ["assertTrue", ["condition"]],
  ["evalScript", ["script"]],
  ["takeScreenshot", ["path"]],
  ["startRecording", ["path"]],
  ["openLink", ["link", "autoVerify", "browser"]],
  ["setLocation", ["latitude", "longitude"]],
  ["setAirplaneMode", ["value"]],
  ["repeat", ["times", "while", "commands"]],
  ["runFlow", ["file", "env", "when", "commands"]],
]);

/** Behind these stands a selector, or a list of them. */
const HOLDERS: readonly string[] = [
  ...PLACES,
  "element",
  "visible",
  "notVisible",
  "containsDescendants",
];

/** Lists the keys of a command that the suite does without. */
export function tellOtherKeys(walk: FlowWalk, name: string, args: Located): void {
  const known = KEYS.get(name);
  if (known !== undefined) tellOthers(walk, args, { name, known });
}

type Owner = { readonly name: string; readonly known: readonly string[] };

function tellOthers(walk: FlowWalk, node: Located, owner: Owner): void {
  if (node.kind === "list") for (const item of node.items) tellOthers(walk, item, owner);
  if (node.kind !== "mapping") return;
  for (const { key, at, value } of node.entries) {
    if (!owner.known.includes(key) && !CARRIED.includes(key))
      tellMissing(walk, {
        at,
        text: `${key} of ${owner.name}`,
        why: "a suite has no word for it; it is done without it",
      });
    else if (HOLDERS.includes(key)) tellOthers(walk, value, { name: key, known: SELECTOR });
  }
}
