/** Films of a page: real time, right size, and what was to be seen. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DriverSlot } from "../../src/node/drivers/driver.ts";
import { createWebDriver } from "../../src/node/drivers/web/driver.ts";
import { filmOf } from "./film-kit.ts";
import { openOn, type Played, type PlayOptions, type Site, serve } from "./stage.ts";

const LENGTH_FAULT_S_MAX = 0.2;
const page = (colour: string) => `<body style="margin:0;background:${colour}"></body>`;

let site: Site;
let slot: DriverSlot;

beforeAll(async () => {
  site = await serve({ "/red": page("#f00"), "/blue": page("#00f"), "/white": page("#fff") });
  slot = createWebDriver({}).createSlot();
});
afterAll(async () => {
  await slot.close();
  await site.close();
});

async function played<T>(options: PlayOptions, act: (played: Played) => Promise<T>): Promise<T> {
  const stage = await openOn(slot, { baseUrl: site.url, ...options });
  try {
    return await act(stage);
  } finally {
    await stage.close();
  }
}

const goto = (url: string) => ({ kind: "goto", url });
const wait = (ms: number) => ({ kind: "wait", for: { kind: "time", ms } });
const start = (more: object = {}) => ({ kind: "record", action: "start", ...more });
const stop = (more: object = {}) => ({ kind: "record", action: "stop", ...more });

describe("a record step", () => {
  test("films from start to stop in real time and the page's size", () =>
    played({}, async (stage) => {
      await stage.play(goto("/red"));
      const startMs = performance.now();
      await stage.play(start({ name: "shop" }));
      await stage.play(wait(1_000));
      await stage.play(goto("/blue"));
      await stage.play(wait(1_000));
      await stage.play(stop());
      const tookS = (performance.now() - startMs) / 1_000;
      await stage.conclude("passed");
      const film = await filmOf(stage, "shop.webm");
      expect(film).toMatchObject({ codec: "vp8", pixels: "yuv420p", width: 800, height: 600 });
      expect(Math.abs(film.seconds - tookS)).toBeLessThan(LENGTH_FAULT_S_MAX);
      expect(await film.colourAt(0.5)).toSatisfy(isNear([255, 0, 0]));
      expect(await film.colourAt(tookS - 0.4)).toSatisfy(isNear([0, 0, 255]));
    }));
});

function isNear(wanted: readonly number[]): (seen: readonly number[]) => boolean {
  return (seen) => seen.every((part, index) => Math.abs(part - (wanted[index] ?? 0)) < 24);
}
