/** Tabs, popups and dialogs, against real Chromium and a real site. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Step } from "#proto/step.ts";
import type { DriverSlot } from "../../src/node/drivers/driver.ts";
import { createWebDriver } from "../../src/node/drivers/web/driver.ts";
import { filmOf } from "./film-kit.ts";
import { BLUE, isNear } from "./film-stage.ts";
import { css, openOn, type Played, type PlayOptions, type Site, serve, textOf } from "./stage.ts";
import { check } from "./web-site.ts";

const HOME = `<!doctype html><title>Home</title>
<a id=help href=/help target=_blank>Help</a>
<button id=later onclick="setTimeout(() => window.open('/help'), 200)">Later</button>
<button id=login onclick="window.onmessage = (e) => { document.title = e.data }; window.open('/login')">Log in</button>
<button id=gone onclick="window.close()">Close</button>
<button id=ask onclick="document.title = String(confirm('Sure?'))">Ask</button>
<button id=name onclick="document.title = String(prompt('Your name?', 'Bob'))">Name</button>
<button id=both onclick="alert('one'); document.title = String(confirm('two'))">Both</button>
<button id=stay onclick="onbeforeunload = (event) => event.preventDefault()">Stay</button>`;
const HELP = `<!doctype html><title>Help desk</title><h1><a href=/>Help</a></h1><button onclick="window.close()">Done</button>`;
const LOGIN = `<!doctype html><title>Log in</title><button onclick="opener.postMessage('welcome', '*'); window.close()">OK</button>`;

let site: Site;
let slot: DriverSlot;

beforeAll(async () => {
  site = await serve({
    "/": HOME,
    "/help": HELP,
    "/login": LOGIN,
    "/secret": "<input type=password>",
    "/blue": `<body style="margin:0;background:#00f">`,
  });
  slot = createWebDriver({}).createSlot();
});
afterAll(async () => {
  await slot.close();
  await site.close();
});

async function withHome(act: (played: Played) => Promise<void>, options: PlayOptions = {}) {
  const played = await openOn(slot, { baseUrl: site.url, ...options });
  try {
    await played.play({ kind: "goto", url: "/" });
    await act(played);
  } finally {
    await played.close();
  }
}

const click = (selector: string, more: object = {}) => ({
  kind: "click",
  locator: css(selector),
  ...more,
});
const tab = (to: object) => ({ kind: "tab", to });
const switchTo = (choice: object) => tab({ kind: "switch", choice });
const titleIs = (title: string) => check({ of: "title" }, { equals: title });

describe("tabs", () => {
  test("a click opens one, steps and evidence are of the current one, and one is chosen again", () =>
    withHome(async ({ play, failed, session, evidence, saved }) => {
      await play(click("#help", { opens: "tab" }));
      await play(check({ of: "url" }, { equals: "/help" }));
      await play(check({ of: "text", locator: css("h1") }, { equals: "Help" }));
      await play(check({ of: "tabs" }, { equals: 2 }));
      expect((await failed(check({ of: "tabs" }, { below: 2 }), 100)).message).toBe(
        "Expected tabs to be a number below 2, last seen 2, tried for 100 ms",
      );
      await session.collectEvidence(AbortSignal.timeout(10_000));
      const dom = evidence.find((one) => one.kind === "dom");
      expect(new TextDecoder().decode(dom?.bytes)).toContain("Help desk");
      expect(evidence.some((one) => one.kind === "screenshot")).toBe(true);
      await play(switchTo({ kind: "nth", nth: 0 }));
      await play(titleIs("Home"));
      await play(switchTo({ kind: "title", matcher: { contains: "desk" } }));
      await play(titleIs("Help desk"));
      await play(tab({ kind: "open", url: "/login" }));
      await play(check({ of: "url" }, { equals: "/login" }));
      await play({ kind: "save", values: { n: { of: "tabs" } } });
      expect(saved).toEqual({ n: 3 });
      await play(tab({ kind: "close" }));
      await play(titleIs("Help desk"));
      await play(switchTo({ kind: "url", matcher: { equals: "/" } }));
      await play(tab({ kind: "close" }));
      await play(titleIs("Help desk"));
      await play(click("h1 a", { opens: "tab", modifiers: ["ControlOrMeta"] }));
      await play(titleIs("Home"));
    }));

  test("one that comes late is waited for, one that never comes is told with those that are open", () =>
    withHome(async ({ play, failed }) => {
      await play(click("#later"));
      await play(switchTo({ kind: "url", matcher: { contains: "/help" } }));
      await play(titleIs("Help desk"));
      const missed = await failed(switchTo({ kind: "title", matcher: { equals: "Shop" } }), 300);
      expect(missed).toMatchObject({
        code: "timeout",
        message: `Expected the title of one tab to equal "Shop", last seen none of it, tried for 300 ms; open are 0: ${site.url}/, 1: ${site.url}/help`,
      });
      const both = await failed(switchTo({ kind: "url", matcher: { contains: "/" } }), 200);
      expect(both.message).toContain('one tab to contain "/", last seen 2 of it');
      const fifth = await failed(switchTo({ kind: "nth", nth: 5 }), 200);
      expect(fifth.message).toContain("Expected a tab number 5, last seen none");
      expect(await failed(click("h1", { opens: "tab" }), 300)).toMatchObject({
        code: "timeout",
        message: expect.stringContaining("No tab was opened within 300 ms"),
      });
    }));

  test("one that closes itself gives way to the one before; the last one's end is the attempt's", () =>
    withHome(async ({ play, failed, warnings }) => {
      await play(click("#login", { opens: "tab" }));
      await play(titleIs("Log in"));
      await play(click("button"));
      await play(titleIs("welcome"));
      expect(warnings).toEqual([
        "The tab closed itself: steps go on in the one that was used before it",
      ]);
      expect((await failed(tab({ kind: "close" }))).message).toBe(
        "Cannot close the tab: it is the only one",
      );
      await play(click("#help", { opens: "tab" }));
      await play({ kind: "eval", js: "setTimeout(() => window.close(), 150)" });
      expect(await failed({ kind: "fill", locator: css("#never"), value: "x" })).toMatchObject({
        code: "page_closed",
        message: 'Cannot fill "#never": the tab closed itself meanwhile',
      });
      await play(titleIs("welcome"));
      await play(click("#help", { opens: "tab" }));
      await play({ kind: "eval", js: "setTimeout(() => window.close(), 150)" });
      // Looks again and again, also across the change.
      await play(titleIs("welcome"));
    }));

  test("what is typed into a password field of another tab is masked", () =>
    withHome(async ({ play, session, evidence }) => {
      await play(tab({ kind: "open", url: "/secret" }));
      await play({ kind: "fill", locator: css("input"), value: "sesame-42" });
      await play({
        kind: "eval",
        js: "console.log('typed ' + document.querySelector('input').value)",
      });
      await play(switchTo({ kind: "nth", nth: 0 }));
      await session.collectEvidence(AbortSignal.timeout(10_000));
      expect(textOf(evidence)).toContain("typed ***");
      expect(textOf(evidence)).not.toContain("sesame-42");
    }));

  test("a page that opens tabs without end is stopped at twenty", () =>
    withHome(async ({ play, warnings }) => {
      await play(
        { kind: "eval", js: "for (let i = 0; i < 23; i += 1) window.open('about:blank')" },
        20_000,
      );
      await play(check({ of: "tabs" }, { equals: 20 }), 20_000);
      expect(warnings).toEqual(["More than 20 tabs: further ones are closed"]);
    }));

  test("nothing opens after the step that was to open it has ended", () =>
    withHome(async ({ play, failed, session }) => {
      const context = { signal: AbortSignal.abort(), timeoutMs: 100, save: () => undefined };
      const step = Step.parse(tab({ kind: "open", url: "/help" }));
      await expect(session.perform(step, context)).rejects.toThrow("was not done");
      await play({ kind: "wait", for: { kind: "time", ms: 200 } });
      await play(check({ of: "tabs" }, { equals: 1 }));
      expect((await failed(tab({ kind: "open", url: "http://127.0.0.1:1/" }))).message).toContain(
        "Cannot tab open: net::ERR_UNSAFE_PORT",
      );
    }));

  test("a film shows the tab that is the current one", () =>
    withHome(async (played) => {
      await played.play({ kind: "record", action: "start", name: "all" });
      await played.play({ kind: "wait", for: { kind: "time", ms: 200 } });
      await played.play(tab({ kind: "open", url: "/blue" }));
      await played.play({ kind: "wait", for: { kind: "time", ms: 350 } });
      await played.play({ kind: "record", action: "stop" });
      await played.conclude("passed");
      const film = await filmOf(played, "all.webm");
      expect(await film.colourAt(0)).toSatisfy((seen) => !isNear(BLUE)(seen as number[]));
      expect(await film.colourAt(film.seconds - 0.2)).toSatisfy(isNear(BLUE));
    }));
});

describe("dialogs", () => {
  const dialog = (answer: "accept" | "dismiss", more: object = {}) => ({
    kind: "dialog",
    answer,
    ...more,
  });

  test("get the answers that were prepared, in order, without a warning", () =>
    withHome(async ({ play, warnings, owed }) => {
      await play(dialog("accept", { matcher: { equals: "Sure?" } }));
      expect(owed).toEqual(["dialog: The dialog that it prepares an answer for never came"]);
      await play(click("#ask"));
      expect(owed).toEqual([]);
      await play(titleIs("true"));
      await play(dialog("accept", { text: "Ann" }));
      await play(click("#name"));
      await play(titleIs("Ann"));
      await play(dialog("accept"));
      await play(dialog("dismiss"));
      await play(click("#both"));
      await play(titleIs("false"));
      expect(warnings).toEqual([]);
      await play(click("#name"));
      await play(titleIs("null"));
      expect(warnings).toEqual(['Dismissed a dialog (prompt): "Your name?"']);
      await play(click("#stay"));
      await play(dialog("dismiss"));
      expect((await failed2(play, { kind: "goto", url: "/help" })).message).toContain(
        "ERR_ABORTED",
      );
      await play(titleIs("null"));
    }));

  test("one that says something else fails the step that it comes in", () =>
    withHome(async ({ play, failed }) => {
      await play(dialog("accept", { matcher: { equals: "Really?" } }));
      expect(await failed(click("#ask"))).toMatchObject({
        code: "dialog",
        message: 'Expected the message of the dialog (confirm) to equal "Really?", got "Sure?"',
      });
      await play(titleIs("false"));
    }));
});

async function failed2(play: Played["play"], step: unknown): Promise<Error> {
  const thrown = await play(step).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (thrown instanceof Error) return thrown;
  throw new Error("The step passed");
}
