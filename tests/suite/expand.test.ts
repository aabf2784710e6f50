import { expect, test } from "vitest";
import { expandSuite } from "#suite/expand.ts";
import { loadSuite } from "#suite/load.ts";
import { faultText } from "#suite/source.ts";
import { errorLines, expandText, testOf, testsOf } from "./suite-kit.ts";

const lines = (...text: string[]) => `${text.join("\n")}\n`;
const OPTIONS = { env: {}, secrets: new Set<string>(), strict: true };

test("a test without fields has the format's defaults", () => {
  expect(
    testOf("tests: [{ name: t, steps: [{ goto: 'http://127.0.0.1/' }] }]", {
      file: "a/b/shop.yml",
    }),
  ).toEqual({
    key: "shop › t",
    name: "t",
    suite: "shop",
    file: "a/b/shop.yml",
    line: 1,
    tags: [],
    platform: "web",
    timeoutMs: 60_000,
    stepTimeoutMs: 10_000,
    retries: 0,
    viewport: { width: 1280, height: 720, touch: false },
    needs: { labels: [] },
    steps: [
      {
        name: "goto http://127.0.0.1/",
        kind: "goto",
        phase: "main",
        line: 1,
        column: 28,
        args: { url: "http://127.0.0.1/" },
      },
    ],
    files: [],
    secrets: [],
  });
});

test("defaults: tags are added, other fields are replaced whole", () => {
  const one = testOf(
    lines(
      "defaults: { tags: [a, b], timeout: 5s, stepTimeout: 1s, needs: { browser: chromium, labels: [x] }, skip: later, viewport: phone }",
      "tests: [{ name: t, tags: [b, c], timeout: 7s, needs: { labels: [y] }, steps: [{ back: true }] }]",
    ),
  );
  expect(one).toMatchObject({
    tags: ["a", "b", "c"],
    timeoutMs: 7000,
    stepTimeoutMs: 1000,
    needs: { labels: ["y"] },
    skip: "later",
    viewport: { touch: true },
  });
  expect(one.needs).toEqual({ labels: ["y"] });
});

test("a test's own matrix replaces the suite's, an empty one too; so does the defaults'", () => {
  const keys = (text: string) => testsOf(text).map((one) => one.key);
  const tests =
    "tests: [{ name: a, steps: [] }, { name: b, matrix: {}, steps: [] }, { name: c, matrix: { y: [1] }, steps: [] }]";
  expect(keys(lines("matrix: { x: [1, 2] }", tests))).toEqual([
    "suite › a [x=1]",
    "suite › a [x=2]",
    "suite › b",
    "suite › c [y=1]",
  ]);
  expect(keys(lines("matrix: { x: [1, 2] }", "defaults: { matrix: { z: [1] } }", tests))).toEqual([
    "suite › a [z=1]",
    "suite › b",
    "suite › c [y=1]",
  ]);
});

test("env: a set value wins over the default, an empty one too, and is only text", () => {
  const text = lines(
    "tests:",
    `  - name: \${env.A ?? 'd'}|\${env.B ?? "e"}|\${env.C}`,
    "    steps: []",
  );
  expect(testOf(text, { env: { B: "", C: "${vars.x}" } }).name).toBe("d||${vars.x}");
});

test("env and secrets that are unset: refused by run, a warning of validate, each at its place", () => {
  const text = lines(
    "secrets: [A, B]",
    "tests:",
    "  - name: t",
    "    timeout: ${env.T}",
    "    platform: ${env.P}",
    "    steps: [{ wait: '${env.W}' }]",
  );
  expect(errorLines(text, { secrets: ["A"] }).map((line) => line.slice(0, 48))).toEqual([
    "1:14 Expected the secret B in the environment, f",
    "4:14 Expected the environment variable T to be s",
    "5:15 Expected the environment variable P to be s",
    "6:22 Expected the environment variable W to be s",
  ]);
  const outcome = expandText(text, { secrets: ["A"], strict: false });
  expect(
    outcome.kind === "expanded" && outcome.warnings.map((fault) => [fault.severity, fault.line]),
  ).toEqual([
    ["warning", 1],
    ["warning", 4],
    ["warning", 5],
    ["warning", 6],
  ]);
});

test("text from env stands for numbers, durations and words, and is checked as such", () => {
  const text = lines(
    "defaults: { retries: '${env.R}', timeout: '${env.T}', platform: '${env.P}' }",
    "tests: [{ name: t, steps: [{ wait: 1 }] }]",
  );
  expect(testOf(text, { env: { R: "2", T: "1.5s", P: "http" } })).toMatchObject({
    retries: 2,
    timeoutMs: 1500,
    platform: "http",
  });
  expect(errorLines(text, { env: { R: "-2", T: "soon", P: "htp" } })).toEqual([
    '1:22 Expected a whole number from 0 to 100, found "-2"',
    '1:43 Expected a duration above 0 such as 500ms, 30s, 2m or a number of milliseconds, found "soon"',
    '1:65 Unknown word "htp": did you mean "http"? Expected one of web, http',
  ]);
});

test("loadSuite() leaves the environment open and expandSuite() closes it", () => {
  const source = {
    file: "s.yaml",
    text: "tests: [{ name: t, retries: '${env.R}', steps: [{ wait: '${env.W ?? 5}' }] }]",
  };
  expect(loadSuite(source, () => undefined)).toMatchObject({
    kind: "refused",
    faults: [{ line: 1, column: 58 }],
  });
  const loaded = loadSuite(
    { ...source, text: source.text.replace("'${env.W ?? 5}'", `"\${env.W ?? '5s'}"`) },
    () => undefined,
  );
  if (loaded.kind === "refused") throw new Error(loaded.faults.map(faultText).join("\n"));
  const expanded = expandSuite(loaded.suite, { ...OPTIONS, env: { R: "3" } });
  expect(expanded).toMatchObject({
    kind: "expanded",
    tests: [{ retries: 3, steps: [{ args: { for: { ms: 5000 } } }] }],
  });
  expect(expandSuite(loaded.suite, { ...OPTIONS, env: { R: "many" } })).toMatchObject({
    kind: "refused",
  });
});

test("the command line's retries and bound replace the suite's", () => {
  const text = "tests: [{ name: t, retries: 5, timeout: 1s, steps: [] }]";
  expect(testOf(text, { retries: 0, testTimeoutMs: 99 })).toMatchObject({
    retries: 0,
    timeoutMs: 99,
  });
});

test("a `$` and a `{` that only meet when values are filled in are no reference", () => {
  const text = lines(
    "vars: { a: 'x$', b: '{saved.y}' }",
    "tests: [{ name: t, platform: http, steps: [{ request: { post: /, body: '${vars.a}${vars.b} ${vars.a}${saved.z}' } }] }]",
  );
  expect(testOf(text).steps[0]?.args["body"]).toEqual({
    kind: "text",
    text: "x$${saved.y} x${'$'}${saved.z}",
  });
});
