/** What follows the verb in the names of acts, tabs, dialogs and downloads: `drag .card to .done`, `tab switch title equals "Help"`. */
import type { Json } from "#proto/matcher.ts";
import { isJsonList, isJsonMapping } from "#shared/json-kind.ts";
import { textOf } from "#shared/template.ts";
import { locatorText } from "./locator-name.ts";
import { matcherText } from "./matcher-name.ts";

type Arguments = { readonly [key: string]: Json };

/** Undefined for the verbs of others, and for those that are named for their locator. */
export function actDetail(verb: string, args: Arguments): string | undefined {
  switch (verb) {
    case "drag":
      return `${locatorText(args["from"])} ${aimText(mappingIn(args["to"]))}`;
    case "drop":
      return `${[...listIn(args["files"]).map(textOf), ...Object.keys(mappingIn(args["data"]))].join(", ")} on ${locatorText(args["locator"])}`;
    case "press":
      return join(keysText(args["key"]), after("in", args["locator"]));
    case "keyDown":
    case "keyUp":
      return shown(args["key"]);
    case "select":
      return `${listIn(args["options"]).map(optionText).join(", ")} in ${locatorText(args["locator"])}`;
    case "wheel":
      return join(
        `by ${shown(args["x"] ?? 0)}, ${shown(args["y"] ?? 0)}`,
        after("on", args["locator"]),
      );
    case "mouse":
      return join(shown(args["action"]), pointText(mappingIn(args["at"])));
    case "clipboard":
      return args["save"] === undefined ? "write" : `save ${shown(args["save"])}`;
    case "tab":
      return tabText(mappingIn(args["to"]));
    case "dialog":
      return shown(args["answer"]);
    case "download":
      return downloadText(mappingIn(args["by"]));
    default:
      return undefined;
  }
}

function tabText(to: Arguments): string {
  const kind = shown(to["kind"]);
  if (kind !== "switch") return join(kind, shown(to["url"]));
  const choice = mappingIn(to["choice"]);
  if (choice["nth"] !== undefined) return `${kind} ${shown(choice["nth"])}`;
  return `${kind} ${shown(choice["kind"])} ${matcherText(choice["matcher"])}`;
}

const downloadText = (by: Arguments): string =>
  by["kind"] === "click" ? `by click ${locatorText(by["locator"])}` : shown(by["url"]);

const aimText = (to: Arguments): string =>
  to["locator"] === undefined
    ? `by ${shown(to["x"])}, ${shown(to["y"])}`
    : `to ${locatorText(to["locator"])}`;

function pointText(at: Arguments): string {
  if (at["kind"] === undefined) return "";
  return at["locator"] === undefined
    ? `at ${shown(at["x"])}, ${shown(at["y"])}`
    : `at ${locatorText(at["locator"])}`;
}

const keysText = (keys: Json | undefined): string =>
  keys !== undefined && isJsonList(keys) ? keys.map(textOf).join(", ") : shown(keys);

const optionText = (option: Json): string =>
  isJsonMapping(option) ? `option ${shown(option["index"])}` : textOf(option);

const after = (word: string, locator: Json | undefined): string =>
  locator === undefined ? "" : `${word} ${locatorText(locator)}`;
const join = (...parts: readonly string[]): string => parts.filter((part) => part !== "").join(" ");
const shown = (value: Json | undefined): string => (value === undefined ? "" : textOf(value));
const listIn = (value: Json | undefined): readonly Json[] =>
  value !== undefined && isJsonList(value) ? value : [];
const mappingIn = (value: Json | undefined): Arguments =>
  value !== undefined && isJsonMapping(value) ? value : {};
