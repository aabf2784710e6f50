/** beforeAll and afterAll as people write them: tests of their own, kept with whatever is chosen of their suite. */
import { expect, test } from "vitest";
import { fanOut } from "#gateway/planning/fan-out.ts";
import { planSlices } from "#gateway/planning/slices.ts";
import { toTextPattern } from "#shared/pattern/text-pattern.ts";
import { selectTests } from "#suite/select-tests.ts";
import { errorLines, testsOf } from "./suite-kit.ts";

const SUITE = `name: shop
defaults: { retries: 2, timeout: 9s, tags: [shop], locks: [db], after: [a], group: g, session: x, skip: "\${data.why}", viewport: "\${matrix.viewport}" }
sessions: { x: { steps: [{ goto: / }] } }
matrix: { viewport: [desktop, phone] }
beforeEach: [{ reload: true }]
beforeAll: { http: [{ request: { post: /reset } }], web: [{ goto: /setup }] }
afterAll: { http: [{ request: { post: /clean } }], web: [] }
tests:
  - { name: a, skip: no, after: [], data: [{ why: x }], steps: [{ back: true }] }
  - { name: b, skip: no, data: [{ why: x }], tags: [b], steps: [{ back: true }] }
`;

test("one test a platform, first and last of the suite, with the defaults that are not a test's own", () => {
  const tests = testsOf(SUITE.replaceAll("skip: no, ", "").replace(', skip: "${data.why}"', ""));
  const framed = tests.filter(({ schedule }) => schedule?.role !== undefined);
  expect(tests.map(({ name }) => name)).toEqual([
    ...["beforeAll (web)", "beforeAll (http)", "a", "a", "b", "b", "afterAll (http)"],
  ]);
  expect(framed.map(({ key, line, platform }) => [key, line, platform])).toEqual([
    ["shop › beforeAll (web)", 6, "web"],
    ["shop › beforeAll (http)", 6, "http"],
    ["shop › afterAll (http)", 7, "http"],
  ]);
  expect(framed[1]).toMatchObject({ retries: 2, timeoutMs: 9_000, tags: ["shop"] });
  for (const { schedule, skip, steps } of framed) {
    expect(schedule).toEqual({ locks: [{ name: "db", limit: 1 }], role: expect.any(String) });
    expect(skip).toBeUndefined();
    expect(steps).toHaveLength(1);
  }
});

test("a plain list is a test of the platform that all tests have; without tests there is none", () => {
  const plain = (tests: string) =>
    `name: s\nbeforeAll: [{ request: { get: / } }]\ntests: [${tests}]`;
  const http = "{ name: t, platform: http, steps: [{ request: { get: / } }] }";
  expect(testsOf(plain(http)).map(({ name, platform }) => [name, platform])).toEqual([
    ["beforeAll", "http"],
    ["t", "http"],
  ]);
  expect(testsOf(plain(""))).toEqual([]);
  expect(errorLines(plain(`${http}, { name: w, steps: [{ back: true }] }`))).toEqual([
    '2:1 Expected { web: […] } or { http: […] } in "beforeAll" of a suite with tests of both, found a plain list',
  ]);
});

test.each([
  ["beforeAll: [{ clik: x }]", '1:15 Unknown step "clik": did you mean "click"?'],
  ["beforeAll: { http: [{ click: x }] }", '1:23 The step "click" is one of web tests'],
  ["beforeAll: { htp: [] }", '1:14 Unknown key "htp" in beforeAll'],
  ["beforeAll: [{ goto: '${data.x}' }]", "1:22 ${data.x} is not known here"],
  ["afterAll: 5", "1:11 Expected a list of steps, or { web"],
  ["afterall: []", '1:1 Unknown key "afterall" in a suite: did you mean "afterAll"?'],
])("%s is refused: %s", (hook, message) => {
  const text = `${hook}\ntests: [{ name: t, steps: [{ back: true }] }]`;
  expect(errorLines(text).join("\n")).toContain(message);
});

test("no test is named like it, and none waits for it by name", () => {
  const suite = (fields: string) =>
    `name: s\nafterAll: [{ back: true }]\ntests: [{ name: t, ${fields}, steps: [{ back: true }] }]`;
  expect(errorLines(suite("after: afterAll"))[0]).toContain('Unknown test "afterAll" in "after"');
  expect(errorLines(suite("tags: [a]").replace("name: t", "name: afterAll"))[0]).toContain(
    "two of the key",
  );
});

const frames = (tests: readonly { readonly name: string }[]) => tests.map(({ name }) => name);
const PLAIN = `name: s
beforeAll: [{ back: true }]
afterAll: [{ back: true }]
tests:
  - { name: a, tags: [x], steps: [{ back: true }] }
  - { name: b, steps: [{ back: true }] }
  - { name: c, skip: later, steps: [{ back: true }] }
`;

test("--grep and --tag keep them with the chosen tests, alone they are never chosen", () => {
  const all = [...testsOf(PLAIN), ...testsOf(PLAIN.replace("name: s", "name: z"))];
  const grep = (text: string) => selectTests(all, { grep: toTextPattern(new RegExp(text)) });
  expect(frames(selectTests(all, { tags: ["x"] }))).toEqual([
    ...["beforeAll", "a", "afterAll", "beforeAll", "a", "afterAll"],
  ]);
  expect(grep("^s › b").map(({ key }) => key)).toEqual(["s › beforeAll", "s › b", "s › afterAll"]);
  expect(grep("beforeAll")).toEqual([]);
  const failed = selectTests(all, { keys: new Set(["s › afterAll"]) });
  expect(failed.map(({ key }) => key)).toEqual(["s › beforeAll", "s › afterAll"]);
  expect(grep("^s › c").map(({ skip }) => skip)).toEqual([
    ...["No test of its suite is run", "later", "No test of its suite is run"],
  ]);
});

test("--repeat-each repeats the tests between them; --shard keeps a suite whole that has them", () => {
  const tests = testsOf(PLAIN);
  const made = fanOut({ tests, repeatCount: 3, nodesFor: () => [] });
  if (made.kind !== "made") throw new Error("Expected tests");
  expect(frames(made.tests)).toEqual([
    ...["beforeAll", "a", "a", "a", "b", "b", "b", "c", "c", "c", "afterAll"],
  ]);
  const sizes = planSlices(tests, 2).map((keys) => keys.length);
  expect(sizes.toSorted((a, b) => a - b)).toEqual([0, 5]);
});
