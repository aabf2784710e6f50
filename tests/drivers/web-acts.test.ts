/** What the pointer does beyond a click, against real Chromium. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DriverSlot } from "../../src/node/drivers/driver.ts";
import { createWebDriver } from "../../src/node/drivers/web/driver.ts";
import { logged, on, playActs, serveActs } from "./acts-site.ts";
import { css, type Played, type PlayOptions, type Site } from "./stage.ts";

let site: Site;
let slot: DriverSlot;

beforeAll(async () => {
  site = await serveActs();
  slot = createWebDriver({}).createSlot();
});
afterAll(async () => {
  await slot.close();
  await site.close();
});

const withPage = (act: (played: Played) => Promise<void>, options: PlayOptions = {}) =>
  playActs({ slot, url: site.url }, act, options);

describe("pointer", () => {
  test("drags by drag events and by the mouse, turns the wheel, moves, holds and lets go", () =>
    withPage(async ({ play, saved }) => {
      await play({
        kind: "drag",
        from: css("#card"),
        to: { kind: "locator", locator: css("#bin") },
      });
      await play(logged("dropped:the card"));
      await play({ kind: "drag", from: css("#knob"), to: { kind: "by", x: -50, y: 40 } });
      await play({ kind: "eval", js: "[knob.offsetLeft, knob.offsetTop]", save: "knob" });
      expect(saved["knob"]).toEqual([250, 140]);
      await play(logged("let go"));
      await play(on("wheel", "#pane", { y: 120 }));
      await play({
        kind: "eval",
        js: "new Promise((done) => { const look = () => pane.scrollTop > 0 ? done(pane.scrollTop) : requestAnimationFrame(look); look() })",
        save: "top",
      });
      expect(saved["top"]).toBeGreaterThan(0);
      await play({ kind: "mouse", action: "move", at: { kind: "point", x: 510, y: 20 } });
      await play(logged("veil"));
      await play({
        kind: "mouse",
        action: "down",
        button: "left",
        at: { kind: "locator", locator: css("#knob") },
      });
      await play({ kind: "mouse", action: "move", at: { kind: "point", x: 430, y: 230 } });
      await play({ kind: "mouse", action: "up", button: "left" });
      await play({ kind: "eval", js: "[knob.offsetLeft, knob.offsetTop]", save: "knob" });
      expect(saved["knob"]).toEqual([400, 200]);
    }));

  test("clicks in a row, holds, meets a corner, and what is covered only by force", () =>
    withPage(async ({ play, failed }) => {
      await play(on("click", "#touch", { count: 3, delayMs: 60, modifiers: ["Shift"] }));
      await play(logged("click:3:true:held"));
      await play(on("dblclick", "#touch", { position: { x: 2, y: 3 } }));
      await play(logged("double:corner"));
      await play(on("hover", "#under", { force: true }));
      await play(logged("over cover"));
      expect((await failed(on("click", "#under"), 300)).message).toContain(
        'the element is covered: <b id="cover"',
      );
      await play(on("click", "#under", { force: true }));
    }));

  test("lets go of the button when what it drags to never comes", () =>
    withPage(async ({ play, failed, saved }) => {
      const to = { kind: "locator", locator: css("#never") };
      expect((await failed({ kind: "drag", from: css("#knob"), to }, 300)).message).toBe(
        'drag "#knob" to "#never" was not done within 300 ms: no element matches',
      );
      await play({
        kind: "eval",
        js: "addEventListener('mousemove', (event) => { window.held = event.buttons })",
      });
      await play({ kind: "mouse", action: "move", at: { kind: "point", x: 5, y: 5 } });
      await play({ kind: "eval", js: "window.held", save: "held" });
      expect(saved["held"]).toBe(0);
    }));

  test("drops files and texts, which an element must take; chooses files behind a button", () =>
    withPage(async ({ play, failed, workspaceDir }) => {
      await writeFile(join(workspaceDir, "a.txt"), "hello");
      await play(on("drop", "#zone", { files: ["a.txt"] }));
      await play(logged("file:a.txt:hello"));
      await play(on("drop", "#zone", { data: { "text/plain": "words" } }));
      await play(logged("text:words"));
      expect((await failed(on("drop", "#shut", { files: ["a.txt"] }))).message).toMatch(
        /^Cannot drop "#shut": .*(drop|accept)/,
      );
      await play(on("upload", "#choose", { files: ["a.txt"] }));
      await play(logged("chosen:a.txt"));
      expect((await failed(on("upload", "#touch", { files: ["a.txt"] }), 400)).message).toBe(
        'upload was not done within 400 ms: "#touch" is no file field, and a click on it opened no file chooser',
      );
      expect((await failed(on("upload", "#choose", { files: ["a.txt", "a.txt"] }))).message).toBe(
        'Cannot upload 2 files: "#choose" takes one',
      );
    }));

  test("taps where there is touch, and says where there is none", async () => {
    await withPage(async ({ failed }) => {
      expect((await failed(on("tap", "#touch"))).message).toBe(
        'Cannot tap "#touch": the test\'s viewport or device has no touch (viewport: phone has it)',
      );
    });
    const viewport = { width: 390, height: 844, touch: true };
    await withPage(
      async ({ play, failed }) => {
        await play(on("tap", "#touch", { position: { x: 3, y: 3 } }));
        await play(logged("touched"));
        expect((await failed(on("tap", "#never"), 300)).message).toBe(
          'tap "#never" was not done within 300 ms: no element matches',
        );
      },
      { viewport },
    );
  });
});
