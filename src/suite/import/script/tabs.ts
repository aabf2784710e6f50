/** Tabs of a script: which one the steps act on, those that pages open and those that the script opens. */
import { Untranslated } from "../untranslated.ts";
import type { Written } from "./syntax.ts";
import { FIRST_TAB, NOTHING, type Tab, type Value } from "./values.ts";
import type { Walk } from "./walk.ts";

/** The tabs of one test, in the order of their opening, as far as they are open. */
export class Tabs {
  #open: Tab[] = [FIRST_TAB];
  #current = FIRST_TAB;
  /** Opened by the script; it exists in the browser from its first address on. */
  #pending: Tab | undefined;
  #count = 0;
  #isFirstTaken = false;

  /** What makes the steps that follow act on a tab; undefined where they do already. @throws {Untranslated} */
  stepsTo(tab: Tab): readonly { readonly [key: string]: unknown }[] {
    if (this.#pending?.number === tab.number) {
      this.#take(tab);
      return [{ tab: { open: "about:blank" } }];
    }
    const place = this.#open.findIndex(({ number }) => number === tab.number);
    if (place === -1) throw new Untranslated("it acts on a tab that is closed");
    if (this.#current.number === tab.number) return [];
    this.#current = tab;
    return [{ tab: { switch: place } }];
  }

  /** Whether the tab is opened by going to its first address. */
  opensBy(tab: Tab): boolean {
    if (this.#pending?.number !== tab.number) return false;
    this.#take(tab);
    return true;
  }

  /** A tab that the page has opened. */
  addPopup(): Tab {
    this.#count += 1;
    const tab = { number: this.#count, opener: this.#current };
    this.#open.push(tab);
    return tab;
  }

  /** A tab that the script opens; the first one is there anyway. */
  addOwn(): Tab {
    if (!this.#isFirstTaken) {
      this.#isFirstTaken = true;
      return FIRST_TAB;
    }
    this.#count += 1;
    this.#pending = { number: this.#count, opener: this.#current };
    return this.#pending;
  }

  /** Takes a tab away; false where it is the only one. */
  close(tab: Tab): boolean {
    if (this.#open.length === 1) return false;
    this.#open = this.#open.filter(({ number }) => number !== tab.number);
    const opener = this.#open.find(({ number }) => number === tab.opener?.number);
    this.#current = opener ?? this.#open.at(-1) ?? FIRST_TAB;
    return true;
  }

  #take(tab: Tab): void {
    this.#open.push(tab);
    this.#current = tab;
    this.#pending = undefined;
  }
}

/** Makes the steps that follow act on a tab. @throws {Untranslated} when it is closed. */
export function switchTo(walk: Walk, tab: Tab): void {
  for (const step of walk.tabs.stepsTo(tab)) walk.recorder.step(step as { tab: never });
}

/** A page that the script opens. */
export function newTab(walk: Walk): Value {
  return { kind: "page", tab: walk.tabs.addOwn() };
}

/** `page.close()`: the last page closes with its attempt. */
export function closeTab(walk: Walk, tab: Tab, at: Written): Value {
  const steps = walk.tabs.stepsTo(tab);
  if (!walk.tabs.close(tab)) {
    walk.recorder.remark(at, `${at.text}: pages close with their attempt`);
    return NOTHING;
  }
  for (const step of steps) walk.recorder.step(step as { tab: never });
  walk.recorder.step({ tab: "close" });
  return NOTHING;
}
