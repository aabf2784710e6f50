/** What `await` gives: what a page opened, what is read from it; anything else is there already. */

import { switchTo } from "./tabs.ts";
import type { Value } from "./values.ts";
import type { Walk } from "./walk.ts";

/** The value behind a promise; reading from a page becomes a `save` here. */
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
    default:
      return value;
  }
}
