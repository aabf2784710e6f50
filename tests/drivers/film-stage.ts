/** What film tests share: a slot and a site of plain colours, the steps in short, and how colours are compared. */
import { expect } from "vitest";
import type { DriverSlot } from "../../src/node/drivers/driver.ts";
import { createWebDriver } from "../../src/node/drivers/web/driver.ts";
import type { FilmFile } from "./film-kit.ts";
import { openOn, type Played, type PlayOptions, type Site, serve } from "./stage.ts";

/** Seconds that a film may differ from the time that it was taken in. */
const LENGTH_FAULT_S_MAX = 0.2;
export const RED = [255, 0, 0] as const;
export const BLUE = [0, 0, 255] as const;

export type FilmStage = {
  readonly site: Site;
  /** Plays on a session of its own, on this stage's slot or another. */
  readonly play: <T>(options: PlayOptions, act: (played: Played) => Promise<T>) => Promise<T>;
  readonly close: () => Promise<void>;
};

/** Serves the pages and makes a slot. */
export async function openFilmStage(ffmpegPath?: string): Promise<FilmStage> {
  const page = (colour: string) => `<body style="margin:0;background:${colour}"></body>`;
  const site = await serve({
    "/red": page("#f00"),
    "/blue": page("#00f"),
    "/popup": `<body style="margin:0;background:#f00"><a href=/blue target=_blank>open</a>`,
    "/secret": `<body style="margin:0"><p id=word style="margin:0;height:600px;font-size:100px"></p>`,
  });
  const slot: DriverSlot = createWebDriver({ ffmpegPath }).createSlot();
  return {
    site,
    play: async (options, act) => {
      const stage = await openOn(slot, { baseUrl: site.url, ...options });
      try {
        return await act(stage);
      } finally {
        await stage.close();
      }
    },
    close: async () => {
      await slot.close();
      await site.close();
    },
  };
}

export const goto = (url: string) => ({ kind: "goto", url });
export const wait = (ms: number) => ({ kind: "wait", for: { kind: "time", ms } });
export const start = (more: object = {}) => ({ kind: "record", action: "start", ...more });
export const stop = (more: object = {}) => ({ kind: "record", action: "stop", ...more });
export const secondsSince = (startMs: number) => (performance.now() - startMs) / 1_000;

/** Whether a colour is the wanted one, give or take what encoding makes of it. */
export function isNear(wanted: readonly number[]): (seen: readonly number[]) => boolean {
  return (seen) => seen.every((part, index) => Math.abs(part - (wanted[index] ?? 0)) < 24);
}

/**
 * What a film was taken in, however busy the machine: at least from the end of the step that began it to the order to end
 * it, at most from the order to begin to the end of the step that ended it. Seconds.
 */
export type FilmSpan = { readonly leastS: number; readonly mostS: number };

/** A film is as long as that. */
export function expectLength(film: FilmFile, { leastS, mostS }: FilmSpan): void {
  expect(film.seconds).toBeGreaterThan(leastS - LENGTH_FAULT_S_MAX);
  expect(film.seconds).toBeLessThan(mostS + LENGTH_FAULT_S_MAX);
}

/** Shows the red page for half a second, then the blue one, in one film. */
export async function filmTwoPages(stage: Played, more: object = {}): Promise<FilmSpan> {
  await stage.play(goto("/red"));
  const orderMs = performance.now();
  await stage.play(start(more));
  const startMs = performance.now();
  await stage.play(wait(500));
  await stage.play(goto("/blue"));
  await stage.play(wait(500));
  const leastS = secondsSince(startMs);
  await stage.play(stop());
  const mostS = secondsSince(orderMs);
  await stage.conclude("passed");
  return { leastS, mostS };
}

/** Red first, blue in the end. */
export async function expectTwoPages(film: FilmFile): Promise<void> {
  expect(await film.colourAt(0)).toSatisfy(isNear(RED));
  expect(await film.colourAt(0.3)).toSatisfy(isNear(RED));
  expect(await film.colourAt(film.seconds - 0.04)).toSatisfy(isNear(BLUE));
}
