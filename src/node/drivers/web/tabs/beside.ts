/** What an attempt's pages open beside themselves, set up together: tabs, dialogs, downloads. */
import type { BrowserContext } from "playwright-core";
import type { SessionOptions } from "../../driver.ts";
import type { Fate } from "../fate.ts";
import type { Films } from "../films/films.ts";
import type { PendingLoading } from "../loading.ts";
import { Dialogs } from "./dialogs.ts";
import { Downloads } from "./downloads.ts";
import { type OpenTab, Tabs } from "./tabs.ts";

export type Beside = {
  readonly tabs: Tabs;
  readonly dialogs: Dialogs;
  readonly downloads: Downloads;
};

export type BesideParts = {
  readonly context: BrowserContext;
  readonly first: OpenTab;
  readonly options: SessionOptions;
  readonly films: Films;
  readonly fate: Fate;
  readonly pending: PendingLoading;
  /** Aborted when the attempt is closed. */
  readonly closing: AbortSignal;
  /** Adds a line to what is kept of the pages' own words. */
  readonly note: (line: string) => void;
};

/** Starts listening; films follow the current tab. */
export function watchBeside(parts: BesideParts): Beside {
  const { context, first, options, films, fate, pending, closing, note } = parts;
  const warn = (text: string) => options.warn(options.redactor.text(text));
  const onSwitch = (tab: OpenTab, isFallen: boolean) => {
    if (isFallen) pending.forget();
    return films.follow(tab);
  };
  const tabs = new Tabs({ context, first, fate, closing, onSwitch, note, warn });
  const dialogs = new Dialogs({ note, warn });
  context.on("dialog", dialogs.answer);
  return { tabs, dialogs, downloads: new Downloads(context, note) };
}
