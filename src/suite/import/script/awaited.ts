/** What `await` gives: what a page opened or sent, what is read from it; anything else is there already. */
import type { Json } from "#proto/matcher.ts";
import { isJsonMapping } from "#shared/json-kind.ts";
import type { Entries } from "../imported.ts";
import { Untranslated } from "../untranslated.ts";
import { switchTo } from "./tabs.ts";
import type { Value } from "./values.ts";
import type { Walk } from "./walk.ts";

type Event = Extract<Value, { kind: "event" }>;

/** The value behind a promise; reading from a page becomes a `save` here. @throws {Untranslated} */
export function awaitValue(walk: Walk, value: Value): Value {
  switch (value.kind) {
    case "reading": {
      switchTo(walk, value.tab);
      const key = walk.recorder.book.freshKey(value.name);
      walk.recorder.step({ save: { [key]: value.subject } });
      return { kind: "data", value: `\${saved.${key}}` };
    }
    case "list":
      return { kind: "list", items: value.items.map((item) => awaitValue(walk, item)) };
    case "event":
      return awaitEvent(walk, value);
    case "request": {
      switchTo(walk, value.tab);
      const { url } = value;
      walk.recorder.step({ expect: { request: typeof url === "string" ? url : { url } } });
      return { kind: "response", isPage: true };
    }
    default:
      return value;
  }
}

function awaitEvent(walk: Walk, event: Event): Value {
  switch (event.name) {
    case "popup":
    case "page":
      return { kind: "page", tab: walk.tabs.addPopup() };
    case "download": {
      const key = walk.recorder.book.freshKey("download");
      replaceClick(walk, event, (click) => ({ download: { click, save: key } }));
      return { kind: "download", key };
    }
    case "filechooser":
      return { kind: "fileChooser", item: event.from };
    default:
      throw new Untranslated(`a suite does not wait for "${event.name}"`);
  }
}

/** Puts another step in the place of the click since the wait began, the one that starts what is waited for. @throws {Untranslated} */
export function replaceClick(
  walk: Walk,
  event: { readonly from: number },
  make: (locator: Json) => Entries,
): void {
  const { items } = walk.recorder;
  const index = items.findLastIndex((item) => item.kind === "step" && "click" in item.entries);
  const item = items[index];
  if (item?.kind !== "step" || index < event.from)
    throw new Untranslated("no click starts what is waited for");
  const { click, ...carried } = item.entries;
  items[index] = { kind: "step", entries: { ...make(locatorOf(click ?? "")), ...carried } };
}

/** Of a click only its element. */
function locatorOf(click: Json): Json {
  if (!isJsonMapping(click)) return click;
  const { button, modifiers, position, ...locator } = click as Entries;
  return locator;
}
