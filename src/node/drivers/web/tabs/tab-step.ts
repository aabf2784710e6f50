/** The `tab` step, and the tab that a click opens. */
import type { Page } from "playwright-core";
import type { Step } from "#proto/step.ts";
import type { TabChoice } from "#proto/steps/tabs.ts";
import { pause } from "#shared/clock.ts";
import { unreachable } from "#shared/errors.ts";
import { StepError } from "../../driver.ts";
import { describeTime, untilAborted } from "../../guard.ts";
import { checkMatcher, describeMatcher } from "../../matcher.ts";
import { toUrlMatcher } from "../../url.ts";
import { goto } from "../navigate.ts";
import type { Scene } from "../scene.ts";
import { TABS_MAX } from "./tabs.ts";

type TabStep = Extract<Step, { kind: "tab" }>;

const LOOK_EVERY_MS = 50;
const LISTED_MAX = 10;

/** Opens a tab, closes the current one, or makes another one current; waits for that one to be there. */
export async function performTab(scene: Scene, { to }: TabStep): Promise<void> {
  switch (to.kind) {
    case "open":
      return openTab(scene, to.url);
    case "switch":
      return scene.tabs.use(await findTab(scene, to.choice));
    case "close":
      return scene.tabs.close();
    default:
      return unreachable(to);
  }
}

/** Performs what opens a tab, waits for that, and makes it the current one. */
export async function actAndSwitch(scene: Scene, act: () => Promise<void>): Promise<void> {
  const { signal } = scene;
  // A tab that the browser itself opens, as for a click with Control, is nobody's popup.
  const opening = scene.page.context().waitForEvent("page", { timeout: 0, signal });
  // The act's own failure is told first.
  opening.catch(() => undefined);
  await act();
  const none = () =>
    new StepError("failed", "timeout", `No tab was opened within ${scene.context.timeoutMs} ms`);
  await scene.tabs.use(await untilAborted(opening, signal, none));
}

async function openTab(scene: Scene, url: string): Promise<void> {
  if (scene.tabs.pages.length >= TABS_MAX) {
    const text = `Cannot open a tab: ${TABS_MAX} are open already`;
    throw new StepError("failed", "tab", text);
  }
  await scene.tabs.open(scene.signal);
  await goto(scene, { kind: "goto", url, waitUntil: "load" });
}

async function findTab(scene: Scene, choice: TabChoice): Promise<Page> {
  const { clock, signal, context } = scene;
  const startMs = clock.monotonicMs();
  for (;;) {
    const found = await matching(scene.tabs.pages, choice);
    const [tab, second] = found;
    if (tab !== undefined && second === undefined) return tab;
    const tookMs = clock.monotonicMs() - startMs;
    if (signal.aborted || tookMs >= context.timeoutMs) {
      const time = describeTime(tookMs, context.timeoutMs);
      throw notFound(scene, { choice, count: found.length, time });
    }
    // The loop itself sees the signal.
    await pause(clock, LOOK_EVERY_MS, signal).catch(() => undefined);
  }
}

async function matching(pages: readonly Page[], choice: TabChoice): Promise<readonly Page[]> {
  if (choice.kind === "nth") return pages.slice(choice.nth).slice(0, 1);
  const seen = await Promise.all(
    pages.map(async (page) => ({ page, isMet: await isMet(page, choice) })),
  );
  return seen.filter((one) => one.isMet).map((one) => one.page);
}

type Described = Exclude<TabChoice, { kind: "nth" }>;

async function isMet(page: Page, { kind, matcher }: Described): Promise<boolean> {
  const seen = kind === "url" ? page.url() : await titleOf(page);
  const wanted = kind === "url" ? toUrlMatcher(matcher, seen) : matcher;
  return checkMatcher(wanted, seen, { asText: true }).ok;
}

/** A page that is being led elsewhere has no title just now. */
const titleOf = (page: Page): Promise<string> => page.title().catch(() => "");

type Missed = { readonly choice: TabChoice; readonly count: number; readonly time: string };

function notFound(scene: Scene, { choice, count, time }: Missed): StepError {
  const wanted =
    choice.kind === "nth"
      ? `a tab number ${choice.nth}`
      : `the ${choice.kind} of one tab ${describeMatcher(choice.matcher, { asText: true })}`;
  const { pages } = scene.tabs;
  const open = pages.slice(0, LISTED_MAX).map((page, index) => `${index}: ${page.url()}`);
  const more = pages.length > LISTED_MAX ? `, and ${pages.length - LISTED_MAX} more` : "";
  const found = `last seen ${count === 0 ? "none" : count} of it, tried for ${time}`;
  const text = `Expected ${wanted}, ${found}; open are ${open.join(", ")}${more}`;
  return new StepError("failed", "timeout", text);
}
