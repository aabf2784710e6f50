/** What steps owe, and downloads of steps inside steps: through the whole of an attempt, with real Chromium. */

import { afterAll, beforeAll, expect, test } from "vitest";
import { createWebDriver } from "#node/drivers/web/driver.ts";
import { openBench, planned } from "./bench-attempt.ts";

let bench: Awaited<ReturnType<typeof openBench>>;

beforeAll(async () => {
  bench = await openBench({
    drivers: [createWebDriver({})],
    handle: (request, response) => {
      response.setHeader("content-type", "text/html");
      if (request.url === "/file") response.setHeader("content-disposition", "attachment");
      response.end(`<title>t</title><button onclick="alert('Hello')">Greet</button>`);
    },
  });
});
afterAll(() => bench.close());

const web = { platform: "web" } as const;
const goto = { kind: "goto", args: { url: "/" } };
const dialog = { kind: "dialog", args: { answer: "accept" } };
const greet = { kind: "click", args: { locator: { by: "css", value: "button" } } };

test("a dialog that never comes fails the attempt at the step that prepared for it", async () => {
  const { outcome, steps, artifacts } = await bench.run([goto, dialog, greet, dialog], web);
  expect(steps.map(({ status }) => status)).toEqual(["passed", "passed", "passed", "passed"]);
  expect(outcome).toMatchObject({
    status: "failed",
    error: {
      message: "The dialog that it prepares an answer for never came",
      code: "dialog",
      file: "suites/shop.yaml",
      line: 13,
    },
  });
  expect(artifacts.map(({ kind }) => kind)).toContain("screenshot");
});

test("of an optional step it is a warning", async () => {
  const { outcome } = await bench.run([goto, { ...dialog, optional: true }], web);
  expect(outcome).toMatchObject({
    status: "passed",
    warnings: ["The dialog that it prepares an answer for never came"],
  });
});

test("a download is taken also where its step is inside another one", async () => {
  const download = planned({
    kind: "download",
    args: { by: { kind: "goto", url: "/file" }, save: "file", as: "kept.html" },
  });
  const repeat = { kind: "repeat", args: { times: 1 }, blocks: { steps: [download] } };
  const { outcome, artifacts } = await bench.run([goto, repeat], web);
  expect(outcome).toMatchObject({ status: "passed" });
  expect(artifacts).toMatchObject([{ name: "kept.html", kind: "file" }]);
});
