/** Tabs of a script: which one the steps act on, and those that pages or the script open. */

import { Untranslated } from "../untranslated.ts";
import type { Written } from "./syntax.ts";
import { FIRST_TAB, type Tab, type Value } from "./values.ts";
import type { Walk } from "./walk.ts";

/** Makes the steps that follow act on a tab. */
export function switchTo(walk: Walk, tab: Tab): void {
  if (walk.tab.number === tab.number) return;
  throw new Untranslated("it acts on another tab");
}

/** A page that the script opens; the first is the attempt's own. */
export function newTab(walk: Walk, _at: Written): Value {
  walk.tabCount += 1;
  if (walk.tabCount === 1) return { kind: "page", tab: FIRST_TAB };
  return { kind: "unknown", why: "it is a second tab" };
}
