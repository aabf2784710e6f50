import { expect, test } from "vitest";
import { toTextPattern } from "#shared/pattern/text-pattern.ts";
import { expandSuites } from "#suite/expand.ts";
import { referencesOf } from "#suite/references.ts";
import { selectTests } from "#suite/select-tests.ts";
import { decodeSuite, faultText, type SuiteSource } from "#suite/source.ts";
import { errorLines, errorsOf, expandText, filesOf, testsOf } from "./suite-kit.ts";

const lines = (...text: string[]) => `${text.join("\n")}\n`;
const plain = (
  name: string,
  file = `${name}.yaml`,
): { source: SuiteSource; files: () => undefined } => ({
  source: {
    file,
    text: lines(`name: ${name}`, "tests: [{ name: t, platform: http, steps: [{ wait: 1 }] }]"),
  },
  files: () => undefined,
});
const OPTIONS = { env: {}, secrets: new Set<string>(), strict: true };

test("rows without values, or none at all: what comes of no test is said", () => {
  const outcome = expandText("tests: [{ name: t, data: [], steps: [{ back: true }] }]");
  expect(outcome).toMatchObject({
    kind: "expanded",
    tests: [],
    warnings: [{ line: 1, column: 26, severity: "warning" }],
  });
});

test("data files are refused with the reason, at the line that names them", () => {
  const text = (file: string) =>
    lines("tests:", "  - name: t", `    data: ${file}`, "    steps: [{ back: true }]");
  const fault = (file: string, content: string | Uint8Array) =>
    errorLines(text(file), { files: { [file]: content } }).join("\n");
  expect(fault("a.csv", "")).toBe(
    '3:11 Cannot read "a.csv": expected a first line with the names of the columns, found nothing',
  );
  expect(fault("a.csv", "a,b\n1\n")).toContain("Invalid Record Length");
  expect(fault("a.csv", "a,a\n1,2\n")).toContain('expected each column once, found "a" twice');
  expect(fault("a.csv", "a,,b\n")).toContain(
    "expected a name for each column, found none for column 2",
  );
  expect(fault("a.csv", new Uint8Array([0xff, 0xfe, 0x41]))).toContain('3:11 Cannot read "a.csv"');
  expect(fault("a.json", "{}")).toContain("expected a list of rows");
  expect(fault("a.json", "[1]")).toContain('expected a row such as { "id": 1 }, found 1 as row 1');
  expect(fault("a.json", "[{]")).toContain('3:11 Cannot read "a.json": ');
  expect(fault("a.csv", "a\nx\nx\n")).toContain('found two of the key "suite › t [a=x]"');
});

test("expandSuites() tells the faults of all suites at once, and those between them", () => {
  const bad = {
    source: { file: "bad.yaml", text: "tests: [{ name: t }]" },
    files: () => undefined,
  };
  const outcome = expandSuites([plain("a"), bad, plain("a", "other/a.yaml"), plain("b")], OPTIONS);
  expect(outcome.kind === "refused" && outcome.faults.map(faultText)).toEqual([
    'bad.yaml:1:9 Missing "steps" in a test: found only name',
    'other/a.yaml:1:7 Expected suites of different names in a run, found "a" twice: a.yaml has it too',
  ]);
  expect(expandSuites([plain("a"), plain("b")], OPTIONS)).toMatchObject({
    kind: "expanded",
    tests: [{ suite: "a" }, { suite: "b" }],
  });
});

test("a suite of 10,000 rows expands, one more row is refused; a run has its own bound", () => {
  const rows = (count: number) =>
    ["id,name", ...Array.from({ length: count }, (_, index) => `${index},n${index}`)].join("\n");
  const text = lines(
    "defaults: { platform: http }",
    "tests:",
    "  - name: t",
    "    data: rows.csv",
    "    steps:",
    '      - request: { get: "/${data.id}", headers: { accept: application/json } }',
    '      - expect: { status: 200, json: { "$.name": "${data.name}" }, durationMs: { below: 500 } }',
    '      - save: { price: "$.price" }',
  );
  const tests = testsOf(text, { files: { "rows.csv": rows(10_000) } });
  expect(tests).toHaveLength(10_000);
  expect(tests.at(-1)?.steps[0]?.args["url"]).toBe("/9999");
  // Measured at 300 ms on two cores (2026-11); the bound only catches what grows faster than the rows.
  expect(errorLines(text, { files: { "rows.csv": rows(10_001) } })).toEqual([
    "4:11 Expected at most 10000 tests a suite, found 10001 up to here",
  ]);
  const suites = Array.from({ length: 11 }, (_, index) => ({
    source: {
      file: `${index}.yaml`,
      text: "tests: [{ name: t, platform: http, data: rows.csv, steps: [{ wait: 1 }] }]",
    },
    files: filesOf({ "rows.csv": rows(10_000) }),
  }));
  const outcome = expandSuites(suites, OPTIONS);
  expect(outcome.kind === "refused" && outcome.faults.map(faultText)).toEqual([
    "10.yaml:1:1 Expected at most 100000 tests a run, found 110000",
  ]);
});

test("a fault of each of many rows is told once", () => {
  const text = lines(
    "tests:",
    "  - name: t",
    "    data: [{ n: 1 }, { n: x }, { n: y }]",
    "    steps:",
    "      - click: { css: a, nth: '${data.n}' }",
  );
  expect(errorLines(text)).toEqual([
    '5:31 Expected a whole number from 0, -1 and below from the end, or first or last, found "x"',
  ]);
});

test("referencesOf() finds environment, secrets and files, with each value of a file's name", () => {
  const text = lines(
    "vars: { dir: \"${env.DIR ?? 'pics'}\" }",
    "secrets: [TOKEN]",
    "tests:",
    "  - { name: a, data: rows.csv, steps: [{ upload: { css: a, files: ['${vars.dir}/${data.file}', ../outside.png] } }] }",
    "  - { name: b, platform: http, data: [{ f: x.png }, { f: y.png }], steps: [{ request: { post: /, multipart: { p: { file: '${data.f}' } } } }] }",
    "  - { name: c, steps: [{ goto: '${env.URL}' }, { clikc: a }] }",
  );
  const source = { file: "s.yaml", text };
  const files = filesOf({ "rows.csv": "file\na.png\nb.png\n" });
  expect(referencesOf(source)).toEqual({
    env: ["DIR", "URL"],
    secrets: ["TOKEN"],
    files: ["rows.csv", "x.png", "y.png"],
  });
  expect(referencesOf(source, { env: {}, files }).files).toEqual([
    "rows.csv",
    "pics/a.png",
    "pics/b.png",
    "x.png",
    "y.png",
  ]);
  expect(referencesOf(source, { env: { DIR: "other" }, files }).files).toContain("other/a.png");
  expect(referencesOf({ file: "s.yaml", text: "- x" })).toEqual({
    env: [],
    secrets: [],
    files: [],
  });
});

test("selectTests() keeps tests by tag and by key", () => {
  const tests = testsOf(
    "tests: [{ name: a, tags: [x], steps: [] }, { name: b, tags: [y], steps: [] }, { name: c, steps: [] }]",
  );
  const names = (selection: Parameters<typeof selectTests>[1]) =>
    selectTests(tests, selection).map((one) => one.name);
  expect(names({})).toEqual(["a", "b", "c"]);
  expect(names({ tags: ["x", "y"] })).toEqual(["a", "b"]);
  expect(names({ grep: toTextPattern(/› [bc]$/g) })).toEqual(["b", "c"]);
  expect(names({ tags: ["y"], grep: toTextPattern(/a/) })).toEqual([]);
});

test("decodeSuite() refuses bytes that are not UTF-8 at their line", () => {
  const bytes = new Uint8Array([...new TextEncoder().encode("tests: []\nname: a"), 0xe9, 0x0a]);
  expect(decodeSuite("s.yaml", bytes)).toEqual({
    file: "s.yaml",
    line: 2,
    column: 8,
    message: "Expected UTF-8 text, found bytes of another encoding: save the file as UTF-8",
    severity: "error",
  });
  expect(decodeSuite("s.yaml", new TextEncoder().encode("tests: []"))).toEqual({
    file: "s.yaml",
    text: "tests: []",
  });
});

test("warnings do not refuse, and say what has no effect or will be missed", () => {
  const outcome = expandText(
    lines(
      "secrets: [A, A]",
      "vars: { big: 12345678901234567890 }",
      "tests:",
      "  - name: t",
      "    steps:",
      "      - click: { css: a, exact: true }",
      "      - goto: '/${env.A}'",
      "  - { name: u, steps: [] }",
    ),
    { env: { A: "x" }, secrets: ["A"] },
  );
  expect(outcome.kind === "expanded" && outcome.warnings.map((fault) => fault.line)).toEqual([
    1, 2, 6, 7, 8,
  ]);
});

test("a name that a field of a step refuses is told at the step of the file, also from a hook", () => {
  const text = lines(
    "beforeEach:",
    "  - goto: /",
    "tests:",
    "  - { name: w, steps: [] }",
    "  - { name: h, platform: http, steps: [] }",
  );
  expect(errorsOf(text)).toMatchObject([{ line: 2, column: 5 }]);
});
