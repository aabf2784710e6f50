/** What web steps do, against real Chromium and a real site. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DriverSlot } from "../../src/node/drivers/driver.ts";
import { createWebDriver } from "../../src/node/drivers/web/driver.ts";
import { css, type Played, type Site } from "./stage.ts";
import { check, playPage, servePages } from "./web-site.ts";

let site: Site;
let slot: DriverSlot;

beforeAll(async () => {
  site = await servePages();
  slot = createWebDriver({}).createSlot();
});
afterAll(async () => {
  await slot.close();
  await site.close();
});

const withPage = <T>(path: string, act: (played: Played) => Promise<T>) =>
  playPage({ slot, url: site.url }, path, act);

describe("perform() on a page", () => {
  test("clicks, fills and expects as people write it", () =>
    withPage("/", async ({ play }) => {
      await play({ kind: "click", locator: { by: "role", value: "button", name: "add TO" } });
      await play(check({ of: "text", locator: css("#count") }, { equals: 1 }));
      await play(check({ of: "text", locator: css("#count") }, { above: 0 }));
      await play({ kind: "fill", locator: { by: "label", value: "e-mail" }, value: "a@b.c" });
      await play(check({ of: "value", locator: css("#mail") }, { equals: "a@b.c" }));
      await play({ kind: "fill", locator: css("#mail"), value: "" });
      await play(check({ of: "value", locator: css("#mail") }, { equals: "" }));
      await play({ kind: "type", locator: { by: "placeholder", value: "your" }, value: "Ann" });
      await play({ kind: "press", locator: css("#name"), key: "Backspace" });
      await play(check({ of: "value", locator: css("#name") }, { equals: "An" }));
      await play({ kind: "check", locator: css("#agree") });
      await play(check({ of: "checked", locator: css("#agree") }));
      await play({ kind: "uncheck", locator: css("#agree") });
      await play(check({ of: "unchecked", locator: css("#agree") }));
      await play({ kind: "select", locator: css("#size"), options: ["Large"] });
      await play(check({ of: "value", locator: css("#size") }, { equals: "l" }));
      await play({ kind: "select", locator: css("#many"), options: ["A", "C"] });
      await play(
        check({ of: "text", locator: { by: "testId", value: "deep" } }, { equals: "Inside" }),
      );
      await play(check({ of: "text", locator: css("#upper") }, { equals: "LOUD" }));
      await play(check({ of: "text", locator: css("#gone") }, { equals: "" }));
      await play(check({ of: "hidden", locator: css("#gone") }));
      await play(check({ of: "hidden", locator: css("#never") }));
      await play(check({ of: "count", locator: css(".item") }, { equals: 2 }));
      await play(check({ of: "count", locator: css(".never") }, { equals: 0 }));
      await play(check({ of: "title" }, { equals: "The Shop" }));
      await play(check({ of: "url" }, { equals: "/" }));
      await play(check({ of: "url" }, { equals: site.url }));
      await play(
        check({ of: "attribute", name: "type", locator: css("#agree") }, { equals: "checkbox" }),
      );
      await play(
        check({ of: "attribute", name: "nope", locator: css("#agree") }, { exists: false }),
      );
      await play(check({ of: "disabled", locator: { by: "text", value: "Buy" } }));
    }));

  test("scroll, screenshot, eval and save", () =>
    withPage("/", async ({ play, saved, evidence }) => {
      await play({ kind: "scroll", to: { kind: "bottom" } });
      await play({ kind: "eval", js: "window.scrollY > 1000", save: "isDown" });
      await play({ kind: "scroll", to: { kind: "top" } });
      await play({ kind: "scroll", to: { kind: "by", x: 0, y: 100 } });
      await play({ kind: "eval", js: "window.scrollY", save: "y" });
      await play({ kind: "scroll", to: { kind: "locator", locator: css("#bottom") } });
      await play({ kind: "eval", js: "{ a: [1, null] }", save: "object" });
      await play({ kind: "eval", js: "await Promise.resolve('x')", save: "text" });
      await play({ kind: "eval", js: "const k = 2; k * 3", save: "statement" });
      await play({ kind: "eval", js: "document.body" });
      await play({ kind: "screenshot", name: "cart" });
      await play({ kind: "screenshot", name: "cart", fullPage: true });
      await play({ kind: "screenshot", name: "a b/c", locator: css("#add") });
      await play({
        kind: "save",
        values: {
          u: { of: "url" },
          t: { of: "title" },
          n: { of: "count", locator: css(".item") },
          v: { of: "value", locator: css("#mail") },
          s: { of: "visible", locator: css("#never") },
        },
      });
      expect(saved).toEqual({
        isDown: true,
        y: 100,
        object: { a: [1, null] },
        text: "x",
        statement: 6,
        u: `${site.url}/`,
        t: "The Shop",
        n: 2,
        v: "old",
        s: false,
      });
      expect(evidence.map((one) => one.name)).toEqual(["cart.png", "cart.png", "a b/c.png"]);
    }));

  test("wait, history, reload and request with the page's cookies", () =>
    withPage("/late", async ({ play, failed, saved, warnings }) => {
      await play({ kind: "wait", for: { kind: "text", text: "NOW" } });
      await play({ kind: "wait", for: { kind: "time", ms: 5 } });
      await play({
        kind: "wait",
        for: { kind: "locator", locator: css("#never"), state: "hidden" },
      });
      await play({
        kind: "wait",
        for: { kind: "locator", locator: css("#box"), state: "attached" },
      });
      await play({ kind: "goto", url: "/done" });
      await play({ kind: "wait", for: { kind: "url", matcher: { matches: "/done$" } } });
      await play({ kind: "back" });
      await play(check({ of: "url" }, { equals: "/late" }));
      expect(await failed({ kind: "back" })).toMatchObject({
        code: "navigation",
        message: "Cannot go back: there is no earlier page",
      });
      await play({ kind: "forward" });
      await play(check({ of: "url" }, { equals: `${site.url}/done` }));
      expect((await failed({ kind: "forward" })).message).toContain("no later page");
      await play({ kind: "reload" });
      await play({ kind: "eval", js: "document.cookie = 'mine=2'" });
      await play({ kind: "request", method: "GET", url: "/cookie" });
      await play({
        kind: "expect",
        checks: [
          { subject: { of: "status" }, status: { anyOf: ["2xx"] } },
          {
            subject: { of: "header", name: "Content-Type" },
            matcher: { equals: "application/json" },
          },
          { subject: { of: "json", path: "$.cookie" }, matcher: { equals: "mine=2" } },
        ],
      });
      await play({ kind: "save", values: { n: { of: "json", path: "$.n" } } });
      await play({ kind: "eval", js: "document.cookie", save: "cookie" });
      expect(saved).toEqual({ n: 3, cookie: "mine=2; seen=1" });
      await play({ kind: "goto", url: "/nowhere" });
      expect(warnings).toEqual([`${site.url}/nowhere answered with status 404`]);
      await play({ kind: "goto", url: "/nowhere", status: { anyOf: [404] } });
      expect(
        await failed({ kind: "goto", url: "/nowhere", status: { anyOf: ["2xx"] } }),
      ).toMatchObject({
        code: "status",
        message: `Expected status to be 2xx, got 404 from ${site.url}/nowhere`,
      });
    }));

  test("a dialog is dismissed with a warning, a popup is not the test's page", () =>
    withPage("/dialog", async ({ play, warnings }) => {
      await play({ kind: "click", locator: { by: "text", value: "Ask" } });
      await play(check({ of: "title" }, { equals: "false" }));
      expect(warnings).toEqual(['Dismissed a dialog (confirm): "Sure?"']);
      await play({ kind: "goto", url: "/popup" });
      await play({ kind: "click", locator: { by: "text", value: "Open" } });
      await play(check({ of: "url" }, { equals: "/popup" }));
    }));

  test("hover, dblclick, press on the page, upload, and elements within others", () =>
    withPage("/more", async ({ play, failed, workspaceDir }) => {
      await writeFile(join(workspaceDir, "a.txt"), "some text");
      await play({ kind: "hover", locator: css("#over") });
      await play(check({ of: "title" }, { equals: "over" }));
      await play({ kind: "dblclick", locator: css("#over") });
      await play(check({ of: "title" }, { equals: "double" }));
      await play({ kind: "press", key: "Control+A" });
      await play(check({ of: "title" }, { equals: "A with Control" }));
      await play({ kind: "upload", locator: css("#file"), files: ["a.txt"] });
      await play(check({ of: "title" }, { equals: "a.txt 9" }));
      const row = { by: "css", value: "li", nth: 1 };
      const button = { by: "role", value: "button", within: row };
      await play({ kind: "click", locator: button });
      await play(check({ of: "title" }, { equals: "two" }));
      await play({ kind: "click", locator: css("#right"), button: "right", modifiers: ["Shift"] });
      await play(check({ of: "title" }, { equals: "2 true" }));
      await play({ kind: "click", locator: { by: "xpath", value: "//button[text()='one']" } });
      await play(check({ of: "title" }, { equals: "one" }));
      const exact = { by: "text", value: "ONE", exact: true };
      await play(check({ of: "count", locator: exact }, { equals: 0 }));
      await play(check({ of: "visible", locator: { by: "text", value: "ONE" } }));
      await play(check({ of: "text", locator: css("svg text") }, { equals: "drawn" }));
      await play(check({ of: "text", locator: css("#boxless") }, { equals: "inside" }));
      await play(check({ of: "enabled", locator: css("#later") }));
      expect(
        (await failed(check({ of: "checked", locator: css("#over") }), 200)).message,
      ).toContain("checkbox");
    }));
});
