/** What a web step has at hand: the current tab's page, the attempt's options and its own bounds. */
import type { CDPSession, Page } from "playwright-core";
import type { Clock } from "#shared/clock.ts";
import type { SessionOptions, StepContext } from "../driver.ts";
import type { PageRecords } from "./checks/page-records.ts";
import type { Surroundings } from "./context/surroundings.ts";
import type { PendingLoading } from "./loading.ts";
import type { Beside } from "./tabs/beside.ts";

export type Scene = {
  /** Of the current tab, also after a step has switched, or the tab has closed itself. */
  readonly page: Page;
  /** Chromium's own protocol to the page; attached while it is idle, as a busy page takes no new session. */
  readonly control: CDPSession;
  readonly options: SessionOptions;
  readonly context: StepContext;
  /** The step's signal, aborted also when the attempt is closed. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Where a step leaves the navigation that it has started and not seen loaded. */
  readonly pending: PendingLoading;
  readonly surroundings: Surroundings;
  /** What the pages asked the network for and said so far. */
  readonly records: PageRecords;
} & Beside;

/** The step's bound is its signal: Playwright's own clock is off. */
export function bounds(scene: Scene): { readonly timeout: 0; readonly signal: AbortSignal } {
  return { timeout: 0, signal: scene.signal };
}
