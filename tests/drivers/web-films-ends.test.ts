/** Which films are kept, how secrets are masked on them, and what happens without a working ffmpeg. */
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitUntil } from "#kit/wait-until.ts";
import { filmOf } from "./film-kit.ts";
import {
  BLUE,
  type FilmStage,
  goto,
  isNear,
  openFilmStage,
  RED,
  secondsSince,
  start,
  stop,
  wait,
} from "./film-stage.ts";
import type { Played, PlayOptions } from "./stage.ts";

let films: FilmStage;
beforeAll(async () => {
  films = await openFilmStage();
});
afterAll(() => films.close());

/** What covers a secret on a picture. */
const COVER = [68, 68, 68] as const;

const played: FilmStage["play"] = (options, act) => films.play(options, act);

describe("the policy", () => {
  test.each([
    ["on", "passed", true],
    ["on-failure", "passed", false],
    ["on-failure", "failed", true],
    ["off", "failed", false],
  ] as const)("video %s of an attempt that %s", (video, status, isKept) => {
    const openMs = performance.now();
    return played({ evidence: { video } }, async (stage) => {
      const startMs = performance.now();
      await stage.play(goto("/red"));
      await stage.play(wait(500));
      const tookS = secondsSince(startMs);
      await stage.conclude(status);
      const wholeS = secondsSince(openMs);
      expect(stage.missed).toEqual([]);
      if (!isKept) return expect(stage.evidence).toEqual([]);
      const film = await filmOf(stage, "video.webm");
      expect(film.seconds).toBeGreaterThanOrEqual(tookS);
      expect(film.seconds).toBeLessThan(wholeS);
      expect(await film.colourAt(film.seconds - 0.1)).toSatisfy(isNear(RED));
    });
  });

  test("a record step has a film of its own beside it", () =>
    played({ evidence: { video: "on" }, web: { videoFormat: "mp4" } }, async (stage) => {
      await stage.play(start({ name: "own" }));
      await stage.play(wait(200));
      await stage.play(stop());
      await stage.play(wait(500));
      await stage.conclude("passed");
      const [whole, own] = [await filmOf(stage, "video.mp4"), await filmOf(stage, "own.mp4")];
      expect(own.seconds).toBeLessThan(whole.seconds - 0.5);
    }));
});

describe("a test that uses secrets", () => {
  test("is filmed in masked pictures, after each step and while it waits", () =>
    played({ usesSecrets: true, secrets: { S: "visible-words" } }, async (stage) => {
      await stage.play(goto("/secret"));
      await stage.play({
        kind: "eval",
        js: "document.querySelector('#word').textContent = 'visible-words'",
      });
      await stage.play(start());
      await stage.play({
        kind: "eval",
        js: "setTimeout(() => { document.body.style.background = '#00f'; word.remove() }, 300)",
      });
      await stage.play(wait(1_500));
      await stage.play(stop());
      await stage.conclude("passed");
      const film = await filmOf(stage, "video.webm");
      // The whole page is one paragraph, so that its cover is all that is to be seen.
      const colours = await film.coloursEach(0.25);
      expect(colours[0]).toSatisfy(isNear(COVER));
      for (const colour of colours)
        expect(isNear(COVER)(colour) || isNear(BLUE)(colour), `${colour}`).toBe(true);
      expect(await film.colourAt(film.seconds - 0.1)).toSatisfy(isNear(BLUE));
      expect(stage.warnings).toEqual([expect.stringContaining("masked pictures")]);
    }));
});

describe("without a working ffmpeg", () => {
  async function withFfmpeg<T>(
    ffmpegPath: string,
    options: PlayOptions,
    act: (played: Played) => Promise<T>,
  ): Promise<T> {
    const own = await openFilmStage(ffmpegPath);
    try {
      return await own.play(options, act);
    } finally {
      await own.close();
    }
  }

  /** A program that takes ffmpeg's place. */
  async function script(stage: Played, text: string): Promise<string> {
    const path = join(stage.workspaceDir, "ffmpeg");
    await writeFile(path, `#!/bin/sh\n${text}\n`);
    await chmod(path, 0o755);
    return path;
  }

  test("a record step fails by its name, and a film by policy is missing", () =>
    withFfmpeg("/nowhere/ffmpeg", { evidence: { video: "on" } }, async (stage) => {
      const error = await stage.failed(start());
      expect(error).toMatchObject({ outcome: "failed", code: "no_ffmpeg" });
      expect(error.message).toContain("apt-get install -y ffmpeg");
      await stage.conclude("failed");
      expect(stage.evidence).toEqual([]);
      expect(stage.missed).toEqual([
        { name: "video.webm", kind: "video", reason: expect.stringContaining("apt-get install") },
      ]);
    }));

  test("when it fails, its last words are the reason", () =>
    played({}, async (outer) => {
      const path = await script(outer, "echo first >&2; echo no such codec >&2; exit 3");
      await withFfmpeg(path, {}, async (stage) => {
        await stage.play(start({ forMs: 100, hold: true }));
        await stage.conclude("passed");
        expect(stage.missed).toEqual([
          {
            name: "video.webm",
            kind: "video",
            reason: "The film was not made: ffmpeg ended with 3: first; no such codec",
          },
        ]);
      });
    }));

  test.each(["conclude", "close"])("one that hangs is ended by %s, and none is left", (how) =>
    played({}, async (outer) => {
      const pidPath = join(outer.workspaceDir, "pid");
      const answer = 'case "$1" in -version) echo ffmpeg version 6.0; exit;; esac';
      const path = await script(outer, `${answer}\necho $$ > ${pidPath}\nexec sleep 60`);
      await withFfmpeg(path, {}, async (stage) => {
        await stage.play(start({ forMs: 100, hold: true }));
        const said = () => readFile(pidPath, "utf8").catch(() => "");
        await waitUntil(async () => (await said()).includes("\n"), { what: "it runs" });
        const pid = Number(await said());
        if (how === "conclude") {
          const signal = AbortSignal.timeout(200);
          await stage.session.conclude({ status: "passed", leftMs: 0, signal });
          expect(stage.missed[0]?.reason).toContain("The film was not made");
        } else await stage.session.close();
        expect(() => process.kill(pid, 0)).toThrow("ESRCH");
      });
    }),
  );
});
