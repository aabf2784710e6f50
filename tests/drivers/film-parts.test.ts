/** The pure and small parts of films: what is shown when, what is kept on disk, and which ffmpeg is used. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { nameFilm, namePicture } from "../../src/node/drivers/web/file-names.ts";
import { planTicks, TICK_MS } from "../../src/node/drivers/web/films/encode.ts";
import { findFfmpeg } from "../../src/node/drivers/web/films/find-ffmpeg.ts";
import { createReel } from "../../src/node/drivers/web/films/reel.ts";

const times = fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 1, maxLength: 40 });
/** What changes so soon again is moving. */
const MOVING_TICKS = 4;
const lengths = fc.integer({ min: 1, max: 20_000 });

describe("planTicks()", () => {
  test("begins at 0, ends a tick before the end, goes only forward and leaves no second without a picture", () => {
    fc.assert(
      fc.property(times, lengths, (atMs, lengthMs) => {
        const plan = planOf(atMs, lengthMs);
        const ticks = plan.map(({ tick }) => tick);
        expect(ticks[0]).toBe(0);
        expect(ticks.at(-1)).toBe(Math.max(1, Math.round(lengthMs / TICK_MS)) - 1);
        for (const [index, tick] of ticks.slice(1).entries()) {
          expect(tick - (ticks[index] ?? 0)).toBeGreaterThan(0);
          expect((tick - (ticks[index] ?? 0)) * TICK_MS).toBeLessThanOrEqual(1_000);
        }
      }),
    );
  });

  test("whatever time one jumps to, the next picture there is the one that was to be seen, or one that came at once", () => {
    fc.assert(
      fc.property(times, lengths, (atMs, lengthMs) => {
        const plan = planOf(atMs, lengthMs);
        const tickCount = Math.max(1, Math.round(lengthMs / TICK_MS));
        for (let tick = 0; tick < tickCount; tick += 1) {
          const next = plan.find((one) => one.tick >= tick);
          const last = plan.findLast((one) => one.tick <= tick);
          const isMoving = (next?.tick ?? 0) - (last?.tick ?? 0) <= MOVING_TICKS;
          if (!isMoving) expect(next?.path).toBe(last?.path);
        }
      }),
    );
  });

  /** Pictures at those times from the span's start, the first of them before it. */
  function planOf(atMs: readonly number[], lengthMs: number) {
    const fromMs = 1_000_000;
    const sorted = [...atMs].sort((a, b) => a - b).filter((at) => at < lengthMs);
    const pictures = [-500, ...sorted].map((at, index) => ({
      atMs: fromMs + at,
      path: `${index}`,
    }));
    return planTicks(pictures, { fromMs, toMs: fromMs + lengthMs });
  }
});

describe("createReel()", () => {
  async function reelOf(bytesMax: number, picturesMax = 10_000) {
    const folder = await mkdtemp(join(tmpdir(), "panoptic-reel-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const faults: unknown[] = [];
    const onFault = (thrown: unknown) => faults.push(thrown);
    return {
      reel: createReel({ folder, intervalMs: 40, bytesMax, picturesMax, onFault }),
      folder,
      faults,
    };
  }
  const picture = (text: string) => new TextEncoder().encode(text.padEnd(100));

  test("cuts a span, first the picture that stood when it began", async () => {
    const { reel } = await reelOf(1_000_000);
    for (let at = 0; at < 1_000; at += 100) reel.add(picture(`at ${at}`), at);
    const pictures = await reel.cut({ fromMs: 250, toMs: 500 });
    expect(pictures.map(({ atMs }) => atMs)).toEqual([200, 300, 400]);
    expect((await readFile(pictures[0]?.path ?? "", "utf8")).trim()).toBe("at 200");
    const early = await reel.cut({ fromMs: -50, toMs: 50 });
    expect(early.map(({ atMs }) => atMs)).toEqual([0]);
  });

  test("of two pictures within the interval the later one stays", async () => {
    const { reel, folder } = await reelOf(1_000_000);
    for (const at of [0, 400, 405, 410]) reel.add(picture(`at ${at}`), at);
    const pictures = await reel.cut({ fromMs: 0, toMs: 1_000 });
    const texts = await Promise.all(pictures.map(({ path }) => readFile(path, "utf8")));
    expect(texts.map((text) => text.trim())).toEqual(["at 0", "at 410"]);
    expect(await readdir(folder)).toHaveLength(2);
  });

  test.each([
    ["bytes", 5_000, 10_000],
    ["pictures", 1_000_000, 50],
  ])(
    "is thinned out when it has too many %s, on disk too, and its whole time stays",
    async (_, bytesMax, picturesMax) => {
      const { reel, folder, faults } = await reelOf(bytesMax, picturesMax);
      for (let at = 0; at < 40_000; at += 50) reel.add(picture(`at ${at}`), at);
      const pictures = await reel.cut({ fromMs: 0, toMs: 40_000 });
      expect(pictures.length).toBeLessThanOrEqual(50);
      expect(pictures.length).toBeGreaterThan(20);
      expect(await readdir(folder)).toHaveLength(pictures.length);
      expect(reel.intervalMs()).toBe(40 * 2 ** 5);
      expect(pictures.at(-1)?.atMs).toBeGreaterThan(38_000);
      const gaps = pictures.slice(1).map(({ atMs }, index) => atMs - (pictures[index]?.atMs ?? 0));
      expect(Math.max(...gaps)).toBeLessThan(4_000);
      expect(faults).toEqual([]);
    },
  );

  test("says when pictures cannot be written", async () => {
    const { folder, faults } = await reelOf(5_000);
    const options = {
      folder: join(folder, "gone"),
      intervalMs: 40,
      bytesMax: 5_000,
      picturesMax: 10,
    };
    const reel = createReel({ ...options, onFault: (thrown) => faults.push(thrown) });
    reel.add(picture("x"), 0);
    await reel.cut({ fromMs: 0, toMs: 1 });
    expect(String(faults[0])).toContain("ENOENT");
  });
});

test("names end in their format", () => {
  expect(nameFilm("a", "mp4")).toEqual({ name: "a.mp4", format: "mp4" });
  expect(nameFilm("a.WebM", "mp4")).toEqual({ name: "a.WebM", format: "webm" });
  expect(nameFilm("a.avi", "webm")).toEqual({ name: "a.avi.webm", format: "webm" });
  expect(namePicture("a.jpeg", "png")).toEqual({ name: "a.jpeg", format: "jpeg" });
  expect(namePicture("a b", "jpeg")).toEqual({ name: "a b.jpg", format: "jpeg" });
});

test("findFfmpeg() takes a given path alone, and looks on PATH first", () => {
  expect(findFfmpeg({ ffmpegPath: "/nowhere/ffmpeg", searchPath: "/usr/bin" })).toBe(undefined);
  expect(findFfmpeg({ ffmpegPath: import.meta.filename })).toBe(import.meta.filename);
});
