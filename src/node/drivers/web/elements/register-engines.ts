/** Teaches Playwright the ways to find elements that are ours, once for this process, before a page is opened. */
import type { Selectors } from "playwright-core";
import { createShownEngine } from "./shown-engine.ts";

/** How selectors of `shown` begin. */
export const SHOWN_ENGINE = "shown";

let registering: Promise<void> | undefined;

/** Registers the engines; any later call waits for the first. */
export function registerEngines(selectors: Selectors): Promise<void> {
  registering ??= selectors.register(SHOWN_ENGINE, createShownEngine);
  return registering;
}
