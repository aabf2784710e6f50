/** Keys, fields and the clipboard, against real Chromium. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DriverSlot } from "../../src/node/drivers/driver.ts";
import { createWebDriver } from "../../src/node/drivers/web/driver.ts";
import { logged, on, playActs, serveActs, valueIs } from "./acts-site.ts";
import { css, type Played, type PlayOptions, type Site, textOf } from "./stage.ts";
import { check } from "./web-site.ts";

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

describe("keys and fields", () => {
  test("chords one after the other, keys that stay down, focus, blur, clear, selected text", () =>
    withPage(async ({ play, failed }) => {
      await play(on("focus", "#name"));
      await play({ kind: "press", key: ["Control+A", "N", "e", "w"] });
      await play(valueIs("#name", "New"));
      await play(on("press", "#name", { key: ["Home", "x", "End", "y"] }));
      await play(valueIs("#name", "xNewy"));
      await play(on("selectText", "#name"));
      await play({ kind: "press", key: "Delete" });
      await play(valueIs("#name", ""));
      await play({ kind: "keyDown", key: "Shift" });
      await play({ kind: "press", key: "ArrowLeft" });
      await play({ kind: "keyUp", key: "Shift" });
      await play(logged("+Shift +ArrowLeft -ArrowLeft -Shift"));
      await play(on("fill", "#name", { value: "abc" }));
      await play(on("clear", "#name"));
      await play(valueIs("#name", ""));
      await play(on("blur", "#name"));
      await play(logged("blur"));
      expect((await failed({ kind: "press", key: ["a", "Contol+B"] })).message).toContain(
        'Unknown key: "Contol"',
      );
      expect((await failed({ kind: "keyDown", key: "Shft" })).message).toContain("Shft");
      expect((await failed(on("clear", "#prose"), 300)).message).toContain('clear "#prose"');
      expect((await failed(on("focus", "#never"), 300)).message).toContain("no element matches");
    }));

  test("no key is pressed after the step that presses many has ended", () =>
    withPage(async ({ play, failed, saved }) => {
      await play(on("focus", "#name"));
      const key = Array.from({ length: 1_000 }, () => "x");
      expect((await failed({ kind: "press", key }, 100)).message).toContain(
        "press was not done within 100 ms",
      );
      const count = {
        kind: "eval",
        js: "document.querySelector('#name').value.length",
        save: "count",
      };
      await play(count);
      const { count: atEnd } = saved;
      await play({ kind: "wait", for: { kind: "time", ms: 150 } });
      await play(count);
      expect(saved["count"]).toBe(atEnd);
      expect(atEnd).toBeLessThan(900);
    }));

  test("fail in their own words where there is no such element or key", () =>
    withPage(async ({ failed }) => {
      const at = { kind: "locator", locator: css("#never") };
      const steps = [
        on("blur", "#never"),
        on("selectText", "#never"),
        on("wheel", "#never", { y: 5 }),
        on("check", "#never", { to: false }),
        { kind: "mouse", action: "down", at },
      ];
      for (const step of steps) {
        const thrown = await failed(step, 150);
        expect(thrown).toMatchObject({
          code: "timeout",
          message: expect.stringMatching(
            new RegExp(`^${step.kind}.* was not done within 150 ms: no element matches$`),
          ),
        });
      }
      expect((await failed({ kind: "keyUp", key: "Shft" })).message).toContain("Unknown key");
    }));

  test("checks by value, selects by place, runs scripts in a frame", () =>
    withPage(async ({ play, failed, saved }) => {
      await play(on("check", "#check", { to: true }));
      await play(check({ of: "checked", locator: css("#check") }));
      await play(on("check", "#check", { to: false }));
      await play(check({ of: "unchecked", locator: css("#check") }));
      await play(on("select", "#size", { options: [{ index: 2 }] }));
      await play(valueIs("#size", "L"));
      await play(on("select", "#many", { options: ["A", { index: 2 }] }));
      await play({
        kind: "eval",
        js: "[...many.selectedOptions].map((one) => one.value)",
        save: "many",
      });
      await play({ kind: "eval", js: "inside", frame: css("#inner"), save: "inside" });
      expect(saved).toEqual({ many: ["A", "C"], inside: 42 });
      expect((await failed(on("select", "#size", { options: [{ index: 9 }] }), 300)).message).toBe(
        'select option 9 in "#size" was not done within 300 ms: not all options are there',
      );
      expect((await failed({ kind: "eval", js: "1", frame: css("#prose") })).message).toBe(
        'Cannot look into "#prose": it is no frame',
      );
    }));
});

describe("clipboard", () => {
  test("is written, pasted and saved, and is empty for the next attempt", async () => {
    await withPage(async ({ play, saved }) => {
      await play({ kind: "clipboard", write: "pasted words" });
      await play(on("focus", "#name"));
      await play({ kind: "press", key: ["Control+A", "Control+V"] });
      await play(valueIs("#name", "pasted words"));
      await play(on("fill", "#name", { value: "to copy" }));
      await play({ kind: "press", key: ["Control+A", "Control+C"] });
      await play({ kind: "clipboard", save: "copied" });
      expect(saved).toEqual({ copied: "to copy" });
    });
    const expectNothingLeft = () =>
      withPage(async ({ play, saved }) => {
        await play({ kind: "clipboard", save: "left" });
        expect(saved).toEqual({ left: "" });
      });
    await expectNothingLeft();
    await withPage(async ({ play }) => {
      await play(on("focus", "#name"));
      await play({ kind: "keyDown", key: "Control" });
      await play({ kind: "press", key: ["a", "c"] });
    });
    await expectNothingLeft();
  });

  test("says where a page has none; what is pasted into a password field is masked", () =>
    withPage(async ({ play, failed, session, evidence }) => {
      await play({ kind: "clipboard", write: "sesame-42" });
      await play(on("focus", "#secret"));
      await play({ kind: "press", key: "Control+V" });
      await play({ kind: "eval", js: "console.log(secret.value)" });
      await session.collectEvidence(AbortSignal.timeout(10_000));
      expect(textOf(evidence)).not.toContain("sesame-42");
      await play({ kind: "goto", url: "about:blank" });
      expect(await failed({ kind: "clipboard", save: "x" })).toMatchObject({
        code: "clipboard",
        message:
          "Cannot use the clipboard: about:blank has none; a browser gives it only to pages of https and of this machine",
      });
    }));
});
