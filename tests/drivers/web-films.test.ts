/** Films of a page: real time, right size, and what was to be seen. */
import { readdir } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { filmOf } from "./film-kit.ts";
import {
  BLUE,
  expectLength,
  expectTwoPages,
  type FilmStage,
  filmTwoPages,
  goto,
  isNear,
  openFilmStage,
  RED,
  secondsSince,
  start,
  stop,
  wait,
} from "./film-stage.ts";
import { css } from "./stage.ts";

const WHITE = [255, 255, 255] as const;

let films: FilmStage;
beforeAll(async () => {
  films = await openFilmStage();
});
afterAll(() => films.close());

const played: FilmStage["play"] = (options, act) => films.play(options, act);

describe("a record step", () => {
  test("films from start to stop in real time and the page's size, as webm", () =>
    played({}, async (stage) => {
      const span = await filmTwoPages(stage, { name: "shop" });
      const film = await filmOf(stage, "shop.webm");
      expect(film).toMatchObject({ codec: "vp8", pixels: "yuv420p", width: 800, height: 600 });
      expectLength(film, span);
      await expectTwoPages(film);
      expect(stage.evidence).toHaveLength(1);
      expect(await readdir(stage.workspaceDir)).not.toContain("film-0.webm");
    }));

  test("as mp4, an odd size is padded to the next even one", () =>
    played({ viewport: { width: 391, height: 845, touch: true } }, async (stage) => {
      const span = await filmTwoPages(stage, { name: "My shop (1).mp4", format: "webm" });
      const film = await filmOf(stage, "My shop (1).mp4");
      expect(film).toMatchObject({ codec: "h264", pixels: "yuv420p", width: 392, height: 846 });
      expectLength(film, span);
      await expectTwoPages(film);
    }));

  test("an odd size stays as it is in webm, and a phone's film has its viewport's size", async () => {
    await played({ viewport: { width: 391, height: 845, touch: true } }, async (stage) => {
      await filmTwoPages(stage);
      expect(await filmOf(stage, "video.webm")).toMatchObject({ width: 391, height: 845 });
    });
    const size = { width: 390, height: 664 };
    const device = {
      name: "p",
      userAgent: "p",
      viewport: size,
      scale: 3,
      isMobile: true,
      hasTouch: true,
    };
    await played({ web: { device, videoFormat: "mp4" } }, async (stage) => {
      await filmTwoPages(stage);
      const film = await filmOf(stage, "video.mp4");
      expect(film).toMatchObject(size);
      await expectTwoPages(film);
    });
  });

  test("a still page is filmed to its end, and its last change is not lost", () =>
    played({}, async (stage) => {
      await stage.play(goto("/red"));
      await stage.play(start());
      await stage.play(wait(1_500));
      const js = `(async () => { for (let n = 0; n < 9; n += 1) {
        document.body.style.background = n % 2 ? "#fff" : "#0f0"; await new Promise(requestAnimationFrame); }
        document.body.style.background = "#00f"; })()`;
      await stage.play({ kind: "eval", js });
      await stage.play(stop());
      await stage.conclude("passed");
      const film = await filmOf(stage, "video.webm");
      expect(film.seconds).toBeGreaterThan(1.5);
      expect(await film.colourAt(1.2)).toSatisfy(isNear(RED));
      expect(await film.colourAt(film.seconds - 0.04)).toSatisfy(isNear(BLUE));
    }));

  test("begins with the empty page before anything was opened", () =>
    played({}, async (stage) => {
      await stage.play(start({ forMs: 400, hold: true }));
      await stage.conclude("passed");
      const film = await filmOf(stage, "video.webm");
      expect(await film.colourAt(0.2)).toSatisfy(isNear(WHITE));
    }));

  test("films may overlap, and stop ends the one that it names or the last", () =>
    played({}, async (stage) => {
      await stage.play(goto("/red"));
      const orderMs = performance.now();
      await stage.play(start({ name: "long" }));
      const startMs = performance.now();
      await stage.play(wait(600));
      await stage.play(start({ name: "short.mp4" }));
      await stage.play(goto("/blue"));
      await stage.play(wait(300));
      await stage.play(stop({ name: "short.mp4" }));
      await stage.play(wait(300));
      const leastS = secondsSince(startMs);
      await stage.play(stop());
      const mostS = secondsSince(orderMs);
      await stage.conclude("passed");
      const [long, short] = [await filmOf(stage, "long.webm"), await filmOf(stage, "short.mp4")];
      expectLength(long, { leastS, mostS });
      expect(short.seconds).toBeLessThan(long.seconds - 0.6);
      await expectTwoPages(long);
      expect(await short.colourAt(short.seconds - 0.1)).toSatisfy(isNear(BLUE));
    }));

  test("a stop without its film fails, and one whose time is over is shown", () =>
    played({}, async (stage) => {
      const never = await stage.failed(stop());
      expect(never).toMatchObject({ code: "record", outcome: "failed" });
      expect(never.message).toBe("Cannot film the page: no film was started");
      await stage.play(start({ name: "a", forMs: 100, hold: true }));
      expect((await stage.failed(stop({ name: "b" }))).message).toContain('no film named "b"');
      await stage.play(stop({ name: "a" }));
      expect(stage.warnings).toEqual(["The film was over already"]);
    }));
});

describe("a timed film", () => {
  test("with hold the step lasts as long as the film", () =>
    played({}, async (stage) => {
      await stage.play(goto("/red"));
      const startMs = performance.now();
      await stage.play(start({ forMs: 1_200, hold: true }), 10_000);
      expect(secondsSince(startMs)).toBeGreaterThanOrEqual(1.2);
      await stage.conclude("passed");
      expect((await filmOf(stage, "video.webm")).seconds).toBeCloseTo(1.2, 1);
    }));

  test("ends by itself beside the steps", () =>
    played({}, async (stage) => {
      await stage.play(goto("/red"));
      await stage.play(start({ forMs: 400 }));
      await stage.play(wait(900));
      await stage.play(goto("/blue"));
      await stage.conclude("passed");
      const film = await filmOf(stage, "video.webm");
      expect(film.seconds).toBeCloseTo(0.4, 1);
      expect(await film.colourAt(0.36)).toSatisfy(isNear(RED));
    }));

  test("a passed attempt waits for it, within its own time", async () => {
    await played({}, async (stage) => {
      await stage.play(start({ forMs: 1_000 }));
      await stage.conclude("passed");
      expect((await filmOf(stage, "video.webm")).seconds).toBeCloseTo(1, 1);
      expect(stage.warnings).toEqual([]);
    });
    await played({}, async (stage) => {
      const orderMs = performance.now();
      await stage.play(start({ forMs: 60_000 }));
      await stage.conclude("passed", 700);
      const mostS = secondsSince(orderMs);
      const { seconds } = await filmOf(stage, "video.webm");
      expect(seconds).toBeGreaterThan(0.7);
      expect(seconds).toBeLessThan(mostS);
      expect(stage.warnings.join()).toContain("before its time");
    });
  });

  test("of a failed attempt it is kept so far", () =>
    played({}, async (stage) => {
      const orderMs = performance.now();
      await stage.play(start({ forMs: 60_000 }));
      await stage.play(wait(300));
      await stage.conclude("failed");
      const mostS = secondsSince(orderMs);
      const { seconds } = await filmOf(stage, "video.webm");
      expect(seconds).toBeGreaterThan(0.3);
      expect(seconds).toBeLessThan(mostS);
    }));
});

describe("what happens to the page does not break its film", () => {
  test("another process for another site, and a popup", () =>
    played({}, async (stage) => {
      await stage.play(goto("/popup"));
      await stage.play(start());
      await stage.play({ kind: "click", locator: css("a") });
      await stage.play(wait(600)); // twice the moment that is looked at: its first picture may come late
      const other = films.site.url.replace("127.0.0.1", "localhost");
      await stage.play(goto(`${other}/blue`));
      await stage.play(wait(400));
      await stage.conclude("passed");
      await expectTwoPages(await filmOf(stage, "video.webm"));
    }));

  test("pictures of the whole page and of an element far below are not in it", () =>
    played({}, async (stage) => {
      await stage.play(goto("/red"));
      await stage.play({ kind: "eval", js: "document.body.style.height = '3000px'" });
      await stage.play(start());
      for (let count = 0; count < 3; count += 1) {
        await stage.play({ kind: "screenshot", name: "whole", fullPage: true });
        await stage.play(wait(150));
      }
      await stage.conclude("passed");
      const film = await filmOf(stage, "video.webm");
      // Chromium shows the page as a narrow strip on black while it takes them.
      // The last tick is the film's end: whoever jumps there may find nothing.
      for (let tick = 0; tick < film.seconds * 25 - 1; tick += 1)
        expect(await film.colourAt(tick / 25)).toSatisfy(isNear(RED));
    }));

  test("a page that crashed is seen as it was", () =>
    played({}, async (stage) => {
      await stage.play(goto("/red"));
      await stage.play(start());
      await stage.play(wait(300));
      expect(await stage.failed(goto("chrome://crash"))).toMatchObject({ code: "page_crash" });
      await stage.session.collectEvidence(AbortSignal.timeout(5_000));
      await stage.conclude("failed");
      const film = await filmOf(stage, "video.webm");
      expect(film.seconds).toBeGreaterThan(0.3);
      expect(await film.colourAt(0.2)).toSatisfy(isNear(RED));
    }));
});
