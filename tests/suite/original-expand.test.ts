import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { expandSuites } from "#suite/expand.ts";
import { loadSuite } from "#suite/load.ts";
import { referencesOf } from "#suite/references.ts";
import { toldOf, withActions, withSettings } from "./original-kit.ts";
import { expandText, testOf, testsOf } from "./suite-kit.ts";

const LOGIN = `name: login-smoke
apps: [{ name: shop, type: web, url: "http://127.0.0.1:3000", timeout: 20 }]
actions:
  - { name: open, type: navigate, url: "http://127.0.0.1:3000/login" }
  - { name: user, type: fill, selector: "#user", value: demo }
  - { name: go, type: submit, selector: "button[type=submit]" }
  - { name: after, type: screenshot, parameters: { filename: after.png } }
`;

test("one app is one test, with the original's defaults", () => {
  const { steps, ...fields } = testOf(LOGIN, { file: "a/login.yaml" });
  expect(fields).toEqual({
    key: "login-smoke › shop",
    name: "shop",
    suite: "login-smoke",
    file: "a/login.yaml",
    line: 2,
    tags: [],
    platform: "web",
    timeoutMs: 101_000,
    stepTimeoutMs: 20_000,
    retries: 0,
    viewport: { width: 1920, height: 1080, touch: false },
    web: {
      headless: true,
      picture: { format: "png", quality: 80 },
      videoFormat: "mp4",
      metrics: false,
      environment: {},
    },
    needs: { labels: [] },
    files: [],
    secrets: [],
  });
  expect(
    steps.map(({ name, kind, verb, line, timeoutMs }) => [name, kind, verb, line, timeoutMs]),
  ).toEqual([
    ["open", "navigate", "goto", 4, 20_000],
    ["user", "fill", "fill", 5, 20_000],
    ["go", "submit", "submit", 6, 20_000],
    ["after", "screenshot", "screenshot", 7, 20_000],
  ]);
});

test("settings become the web options", () => {
  const { web, viewport } = testOf(
    withSettings(
      "screenshot_format: jpg",
      "video_format: webm",
      "quality: 35",
      "headless: off",
      "window_width: 800",
      "window_height: 600",
      "enable_metrics: yes",
    ),
  );
  expect(viewport).toEqual({ width: 800, height: 600, touch: false });
  expect(web).toEqual({
    headless: false,
    picture: { format: "jpeg", quality: 35 },
    videoFormat: "webm",
    metrics: true,
    environment: {},
  });
  expect(testOf(withSettings("mobile_device: Pixel 7")).web?.device).toMatchObject({
    name: "Pixel 7",
  });
});

test("the settings' formats name files that have no ending, and lose against those that have one", () => {
  const text = `${withActions(
    "{ type: screenshot, name: a }",
    "{ type: screenshot, parameters: { filename: b.png } }",
    "{ type: record, duration: 1 }",
    "{ type: record, duration: 1, parameters: { filename: c.mp4 } }",
  )}settings: { screenshot_format: jpg, video_format: webm }\n`;
  const names = testOf(text).steps.map(({ args }) => args["name"]);
  expect(names).toEqual(["a.jpg", "b.png", "record.webm", "c.mp4"]);
});

test("an attempt's bound is enough for all its steps, their parts and films", () => {
  const bound = (...actions: string[]) => testOf(withActions(...actions)).timeoutMs;
  expect(bound("{ type: wait }")).toBe(31_000);
  expect(bound("{ type: wait }", "{ type: submit, screenshot: true, record: true }")).toBe(
    // Two steps, three parts, and the page that a submit leads to.
    30_000 * 6 + 1000,
  );
  expect(bound("{ type: record, duration: 600 }", "{ type: wait }")).toBe(661_000);
  expect(bound(...Array.from({ length: 3 }, () => "{ type: record, duration: 86400 }"))).toBe(
    86_400_000,
  );
  expect(testOf(LOGIN, { testTimeoutMs: 5000, retries: 2 })).toMatchObject({
    timeoutMs: 5000,
    retries: 2,
  });
});

test("a second app of a name gets a number that no other app has", () => {
  const app = (name: string) => `{ name: ${name}, type: web, url: / }`;
  const names = (...apps: string[]) =>
    testsOf(`apps: [${apps.map(app).join(", ")}]\nactions: [{ type: wait }]\n`).map(
      ({ name }) => name,
    );
  expect(names("a", "a", "b", "a")).toEqual(["a", "a (2)", "b", "a (3)"]);
  expect(names("a", "a", "a (2)", "a (2)")).toEqual(["a", "a (3)", "a (2)", "a (2) (2)"]);
});

test("an app's environment is literal", () => {
  const [one] = testsOf(
    "apps: [{ name: '${a}', type: web, url: 'http://x/${b}', environment: { LANG: de, N: 0042, E: , S: '${c}' } }]\nactions: [{ type: wait }]\n",
  );
  expect(one).toMatchObject({ name: "${a}" });
  expect(one?.web?.environment).toEqual({ LANG: "de", N: "0042", E: "", S: "${c}" });
});

test("an app without any actions is skipped, with the reason", () => {
  const [one] = testsOf("apps: [{ name: a, type: web, url: / }]\n");
  expect(one).toMatchObject({ skip: "The app has no actions", steps: [] });
});

const MIXED = `apps:
  - { name: web, type: web, url: / }
  - { name: desk, type: desktop, path: /usr/bin/x, actions: [{ type: click, target: center }] }
  - { name: own, type: web, url: /, actions: [{ type: vision_report }, { type: license_info }] }
actions:
  - { type: navigate, url: / }
  - { type: vision_click, parameters: { type: button } }
  - { type: wait }
`;

test("without --skip-unsupported each action and app that is not supported is refused by name and line", () => {
  expect(toldOf(MIXED).map((line) => line.slice(0, 50))).toEqual([
    '3:25 The app type "desktop" is not supported yet: '.slice(0, 50),
    '4:55 The action type "vision_report" is not suppor',
    '4:80 The action type "license_info" is not support',
    '7:13 The action type "vision_click" is not support',
  ]);
});

test("under --skip-unsupported they are skipped, and a test of which nothing is executed too", () => {
  const [web, desk, own] = testsOf(MIXED, { skipUnsupported: true });
  expect(web).not.toHaveProperty("skip");
  expect(web?.steps.map(({ kind, skip }) => [kind, skip])).toEqual([
    ["navigate", undefined],
    ["vision_click", 'The action type "vision_click" is not supported yet'],
    ["wait", undefined],
  ]);
  expect(web?.timeoutMs).toBe(61_000);
  expect(desk).toMatchObject({
    skip: 'The app type "desktop" is not supported yet',
    steps: [{ kind: "click", skip: 'The app type "desktop" is not supported yet' }],
  });
  expect(own?.skip).toBe("None of its actions is supported yet: vision_report, license_info");
  expect(toldOf(withActions("{ type: vison_click }"), { skipUnsupported: true })).toEqual([
    expect.stringContaining('Unknown action type "vison_click": did you mean "vision_click"?'),
  ]);
});

test("suites of both formats make one run; a folder is wanted by the one that names it", () => {
  const outcome = expandSuites(
    [
      { source: { file: "a.yaml", text: `output: ./x\n${LOGIN}` }, files: () => undefined },
      {
        source: { file: "b.yaml", text: "tests: [{ name: t, steps: [] }]" },
        files: () => undefined,
      },
    ],
    { env: {}, secrets: new Set(), strict: true },
  );
  expect(outcome).toMatchObject({
    kind: "expanded",
    tests: [{ key: "login-smoke › shop" }, { key: "b › t" }],
    outputs: [{ file: "a.yaml", folder: "./x", at: { line: 1, column: 9 } }, { file: "b.yaml" }],
  });
});

test("two suites of one name are refused, whatever their formats", () => {
  const sources = ["a.yaml", "b/a.yaml"].map((file) => ({
    source: { file, text: withActions("{ type: wait }") },
    files: () => undefined,
  }));
  const outcome = expandSuites(sources, { env: {}, secrets: new Set(), strict: true });
  expect(outcome).toMatchObject({ kind: "refused", faults: [{ file: "b/a.yaml", line: 1 }] });
});

test("a file with tests and apps is native, and its values refer to nothing in the original's format", () => {
  expect(toldOf("tests: []\napps: []\n")).toEqual([
    expect.stringContaining('Unknown key "apps" in a suite'),
  ]);
  const source = {
    file: "a.yaml",
    text: withActions("{ type: fill, selector: a, value: '${env.X} ${secrets.Y}' }"),
  };
  expect(referencesOf(source)).toEqual({ env: [], secrets: [], files: [] });
  expect(loadSuite(source, () => undefined)).toMatchObject({ kind: "loaded", warnings: [] });
  expect(expandText(source.text)).toMatchObject({ kind: "expanded", warnings: [] });
});

test("the example of the original's format loads without a word", () => {
  const path = join(import.meta.dirname, "../../examples/original/shop.yaml");
  const text = readFileSync(path, "utf8");
  expect(testsOf(text).map(({ steps }) => steps.length)).toEqual([9, 2]);
  expect(toldOf(text)).toEqual([]);
});
