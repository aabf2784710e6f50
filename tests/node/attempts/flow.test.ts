/** Steps inside steps, run by the real executor and the http driver: what runs, what is told, what it comes to. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { waitUntil } from "#kit/wait-until.ts";
import { refersToSecrets } from "#node/attempts/fill.ts";
import { type Bench, insideOf, openFlowBench, stepsOf } from "./flow-play.ts";

let bench: Bench;
let seen: string[];
beforeAll(async () => {
  ({ bench, seen } = await openFlowBench());
});
beforeEach(() => {
  seen.length = 0;
});
afterAll(() => bench.close());

const get = (url: string, more = "") => `{ request: { get: "${url}" }${more} }`;
const ok = "{ expect: { status: 200 } }";
const run = (steps: readonly string[], change: Parameters<Bench["run"]>[1] = {}) =>
  bench.run(stepsOf(steps), change);

test("if: the branch that its condition chooses runs, once looked at, and both are told", async () => {
  const ran = await run([
    get("/a"),
    `{ if: { status: 200 }, then: [${get("/then")}], else: [${get("/else")}] }`,
    `{ if: { status: 404 }, then: [${get("/never")}], else: [${get("/else")}] }`,
    `{ if: { status: 404 }, then: [${get("/never")}] }`,
  ]);
  expect(ran.outcome.status).toBe("passed");
  expect(seen).toEqual(["/a", "/then", "/else"]);
  expect(insideOf(ran, 1)).toEqual(["if status 200: yes passed", "then request GET /then passed"]);
  expect(insideOf(ran, 2)).toEqual(["if status 404: no passed", "else request GET /else passed"]);
  expect(insideOf(ran, 3)).toEqual(["if status 404: no passed"]);
  expect(ran.steps[2]?.children?.told[0]?.note).toContain("Expected status");
});

test("if: what cannot be looked at is a failure, not a no", async () => {
  const ran = await run([`{ if: { that: "\${saved.x}", equals: 1 }, then: [${get("/a")}] }`]);
  expect(ran.outcome.error).toMatchObject({ code: "unknown_name", line: 6 });
  expect(insideOf(ran)).toEqual(["if ${saved.x} equals 1 failed"]);
});

test("repeat: so many times, while and until; a loop that does not end has failed", async () => {
  const more = "{ save: { n: '$.visits' } }";
  const start = await run([get("/n"), more, `{ repeat: 3, index: i, steps: [${get("/r/${i}")}] }`]);
  expect(seen).toEqual(["/n", "/r/0", "/r/1", "/r/2"]);
  expect(insideOf(start, 2)).toHaveLength(3);
  seen.length = 0;
  const ran = await run([
    get("/n"),
    more,
    "{ save: { n: { that: 0 } } }",
    `{ repeat: { until: { json: { "$.visits": { above: 0 } } }, max: 5 }, steps: [${get("/u")}] }`,
    `{ repeat: { while: { that: "\${saved.n}", equals: 0 }, max: 5 }, steps: [${get("/w")}, ${more}] }`,
    `{ repeat: { while: { status: 200 }, max: 2 }, steps: [${get("/endless")}] }`,
  ]);
  expect(seen).toEqual(["/n", "/u", "/w", "/endless", "/endless"]);
  expect(insideOf(ran, 3).map((line) => line.replace(/ equals.*:/, ":"))).toEqual([
    "1 request GET /u passed",
    "1 until $.visits above 0: yes passed",
  ]);
  expect(ran.outcome.error).toMatchObject({
    code: "repeat",
    line: 11,
    message: 'Repeated 2 times, which is its "max", and the condition still holds: status 200',
  });
});

test("forEach: each item by its name, the failure says which one it was", async () => {
  const ran = await run([
    get("/n"),
    "{ save: { users: '$.users' } }",
    `{ forEach: "\${saved.users}", as: user, index: i, steps: [${get("/${i}/${user.name}")}, ${ok}] }`,
    `{ forEach: [ok, fail, never], steps: [${get("/${item}")}, ${ok}, ${get("/after")}] }`,
  ]);
  expect(seen).toEqual(["/n", "/0/ann", "/1/bob", "/ok", "/after", "/fail"]);
  expect(ran.outcome.error?.message).toMatch(
    /^Expected status(?:.|\n)*\(in item 2 of 3, "fail", of "forEach item in \["ok","fail","never"\]"\)$/,
  );
  expect(insideOf(ran, 3).slice(-3)).toEqual([
    "2 request GET /fail passed",
    "2 expect status 200 failed",
    "2 request GET /after skipped",
  ]);
  const wrong = await run([
    "{ save: { x: { that: 5 } } }",
    `{ forEach: "\${saved.x}", steps: [${ok}] }`,
  ]);
  expect(wrong.outcome.error?.message).toBe(
    "Cannot forEach: expected a list of at most 1000 items, found 5",
  );
});

test("try: what was caught stays a failed step and a warning; finally runs after success, failure and a failed catch", async () => {
  const ran = await run([
    `{ try: [${get("/fail")}, ${ok}, ${get("/never")}], catch: [${get("/catch")}], finally: [${get("/finally")}] }`,
    `{ try: [${get("/b")}], finally: [${get("/b/finally")}] }`,
    `{ try: [${get("/fail")}, ${ok}], catch: [${get("/fail/2")}, ${ok}], finally: [${get("/last")}] }`,
  ]);
  expect(seen).toEqual([
    "/fail",
    "/catch",
    "/finally",
    "/b",
    "/b/finally",
    "/fail",
    "/fail/2",
    "/last",
  ]);
  expect(ran.steps.map(({ status }) => status)).toEqual(["passed", "passed", "failed"]);
  expect(ran.steps[0]?.warnings?.[0]).toContain(
    "Caught a failure of suites/shop.yaml:6: Expected status",
  );
  expect(insideOf(ran)).toEqual([
    "try request GET /fail passed",
    "try expect status 200 failed",
    "try request GET /never skipped",
    "catch request GET /catch passed",
    "finally request GET /finally passed",
  ]);
});

test("a timeout is that of all inside, of try that of its try block; nobody catches the attempt's", async () => {
  const slow = get("/slow", ", timeout: 20s");
  const ran = await run(
    [
      `{ try: [${slow}], catch: [${get("/caught")}], timeout: 200 }`,
      `{ try: [{ repeat: 5, steps: [${slow}], timeout: 200 }], catch: [${get("/again")}] }`,
      `{ try: [${slow}], catch: [${get("/never")}], finally: [${get("/finally")}], name: long }`,
    ],
    { timeoutMs: 1_500, stepTimeoutMs: 5_000 },
  );
  expect(seen).toEqual(["/slow", "/caught", "/slow", "/again", "/slow", "/finally"]);
  expect(ran.steps[0]?.children?.told[0]?.error?.message).toMatch(
    /^The timeout of 200 ms of step "try" was reached/,
  );
  expect(ran.outcome.error).toMatchObject({ code: "timeout" });
  expect(ran.steps[2]?.warnings).toBeUndefined();
  expect(ran.outcome.error?.message).toMatch(/^The attempt's timeout of 1500 ms was reached/);
});

test("an attempt that is ended from outside runs neither catch nor finally", async () => {
  const steps = stepsOf([
    `{ try: [${get("/slow")}], catch: [${get("/c")}], finally: [${get("/f")}] }`,
  ]);
  const { attempt, ended } = bench.begin({ steps });
  await waitUntil(() => seen.includes("/slow"), { what: "the step to run" });
  attempt.cancel({ status: "cancelled", message: "by the test" });
  expect((await ended).outcome.status).toBe("cancelled");
  expect(seen).toEqual(["/slow"]);
});

test("soft: what follows runs, the attempt has failed by all of them, the first is its error", async () => {
  const soft = (code: number) => `{ expect: { status: ${code} }, soft: true }`;
  const ran = await run([
    get("/a"),
    soft(201),
    `{ repeat: 2, steps: [${get("/b")}, ${soft(202)}] }`,
    `{ repeat: 1, steps: [${soft(203)}], optional: true }`,
    get("/fail"),
    ok,
    get("/never"),
  ]);
  expect(seen).toEqual(["/a", "/b", "/b", "/fail"]);
  expect(ran.steps.map(({ status, soft: isSoft }) => [status, isSoft === true])).toEqual([
    ["passed", false],
    ["failed", true],
    ["failed", true],
    ["failed", false],
    ["passed", false],
    ["failed", false],
  ]);
  const { error } = ran.outcome;
  expect(error).toMatchObject({ code: "expect", line: 7 });
  const lines = (error?.message ?? "").split("\n");
  expect(lines[0]).toContain("201");
  const others = lines.slice(lines.indexOf("3 more failed:") + 1);
  expect(others.map((line) => line.slice(0, 24))).toEqual([
    "- suites/shop.yaml:8 Exp",
    "- suites/shop.yaml:8 Exp",
    "- suites/shop.yaml:11 Ex",
  ]);
});

test("soft alone: an attempt whose steps all ran is failed in the end", async () => {
  const ran = await run([get("/a"), "{ expect: { status: 404 }, soft: true }", get("/b")]);
  expect(ran.outcome.status).toBe("failed");
  expect(seen).toEqual(["/a", "/b"]);
  expect(ran.artifacts.length).toBeGreaterThan(0);
});

test("a long loop tells its first rounds and every failure, and counts the rest by name", async () => {
  const ran = await run([
    `{ repeat: 400, index: i, steps: [{ save: { i: { that: "\${i}" } } }, { expect: { that: "\${i}", below: 395 }, optional: true }] }`,
  ]);
  const lines = insideOf(ran);
  expect(lines.filter((line) => line.endsWith(" failed"))).toHaveLength(5);
  expect(ran.steps[0]?.children?.told).toHaveLength(185);
  expect(ran.steps[0]?.children?.counted).toEqual([
    { name: "save i", status: "passed", count: 310 },
    { name: "expect ${i} below 395", status: "passed", count: 305 },
  ]);
});

test("a flow of another file fails at its own place", async () => {
  const steps = stepsOf(["{ use: f }"], `flows: { f: [${get("/fail")}, ${ok}] }`).map((step) => ({
    ...step,
    blocks: {
      steps: (step.blocks?.["steps"] ?? []).map((one) => ({ ...one, file: "suites/f.yaml" })),
    },
  }));
  const ran = await bench.run(steps);
  expect(ran.outcome.error).toMatchObject({ file: "suites/f.yaml", line: 1 });
  expect(ran.steps[0]?.children?.told[1]).toMatchObject({
    file: "suites/f.yaml",
    status: "failed",
  });
});

test("a failure in finally alone fails its step; a secret in steps inside is found", async () => {
  const ran = await run([`{ try: [${get("/a")}], finally: [${get("/fail")}, ${ok}] }`]);
  expect(ran.outcome.error).toMatchObject({ code: "expect", line: 6 });
  const inside = stepsOf(
    [`{ if: { status: 200 }, then: [${get("/?key=${secrets.P}")}] }`],
    "secrets: [P]",
  );
  expect(refersToSecrets({ steps: inside })).toBe(true);
  const asked = stepsOf(
    [`{ if: { that: "\${secrets.P}", equals: x }, then: [${ok}] }`],
    "secrets: [P]",
  );
  expect(refersToSecrets({ steps: asked })).toBe(true);
  expect(refersToSecrets({ steps: stepsOf([get("/a")]) })).toBe(false);
});
