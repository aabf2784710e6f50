import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chooseDebugged } from "#cli/debug/choose-test.ts";
import { readCommand } from "#cli/debug/command.ts";
import { createDebugger } from "#cli/debug/debugger.ts";
import { parseLine } from "#cli/option-values.ts";
import { loadSuites } from "#cli/run/load-suites.ts";
import { refuseDebugFlags } from "#cli/run/run-options.ts";
import { createHandClock } from "#kit/hand-clock.ts";
import { temporaryPlace } from "#kit/temporary-place.ts";
import { createStandingClock } from "#node/attempts/standing-clock.ts";
import type { Session } from "#node/drivers/driver.ts";
import { createRedactor } from "#shared/redactor.ts";
import { readTypedLocator } from "#suite/native/read-locator.ts";

test("a standing clock lets no time pass and no timer ring, and goes on where it was", async () => {
  const hand = createHandClock();
  const { clock, stand } = createStandingClock(hand);
  const rung: string[] = [];
  clock.after(100, () => rung.push("a"));
  clock.after(200, () => rung.push("cancelled")).cancel();
  hand.advance(60);
  const act = Promise.withResolvers<void>();
  const standing = stand(async () => {
    clock.after(50, () => rung.push("b")); // Made while it stands.
    await act.promise;
  });
  hand.advance(10_000);
  expect([clock.monotonicMs(), rung]).toEqual([60, []]);
  act.resolve();
  await standing;
  hand.advance(39);
  expect([clock.monotonicMs(), rung]).toEqual([99, []]);
  hand.advance(1);
  expect(rung).toEqual(["a"]);
  hand.advance(10);
  expect(rung).toEqual(["a", "b"]);
});

const SUITE = `name: s
beforeEach: [{ goto: "http://127.0.0.1/" }]
tests:
  - name: one
    steps:
      - click: "#a"
      - click: "#b"
  - name: rows
    data: [{ id: 1 }, { id: 2 }]
    steps: [{ click: "#c" }]
`;

function loaded() {
  const callerDir = temporaryPlace("panoptic-debug-");
  writeFileSync(join(callerDir, "s.yaml"), SUITE);
  return loadSuites(["s.yaml"], { callerDir, isStrict: true });
}

test("chooseDebugged() takes the only test, or the one of a line, and refuses all else by name", () => {
  const { tests } = loaded();
  expect(chooseDebugged(tests, 7).key).toBe("s › one");
  expect(chooseDebugged(tests, 10).key).toBe("s › rows [id=1]");
  expect(chooseDebugged(tests.slice(0, 1), undefined).key).toBe("s › one");
  const [one] = tests;
  const around = {
    ...one,
    key: "s › beforeAll",
    schedule: { role: "beforeAll" },
  } as (typeof tests)[0];
  expect(chooseDebugged([around, ...tests.slice(0, 1)], undefined).key).toBe("s › one");
  expect(() => chooseDebugged(tests, 11)).toThrow(/--debug 11: no step of a selected test/);
  expect(() => chooseDebugged(tests, 2)).toThrow(/3 tests: choose one by --grep/); // Of beforeEach.
  expect(() => chooseDebugged(tests, undefined)).toThrow(/3 tests.*\n.*\n {2}s › rows \[id=1\]\n/);
});

test("refuseDebugFlags() refuses a gateway and what is no single test", () => {
  expect(() => refuseDebugFlags({}, true)).toThrow(/only a node in this process can be held/);
  expect(() => refuseDebugFlags({ repeatEach: 2 }, false)).toThrow(/with --repeat-each/);
  expect(() => refuseDebugFlags({ watch: true }, false)).toThrow(/with --watch/);
  expect(refuseDebugFlags({ retries: 1 }, false)).toBeUndefined();
  expect([parseLine("12"), parseLine("0"), parseLine("s.yaml")]).toEqual([
    { line: 12 },
    { word: "0" },
    { word: "s.yaml" },
  ]);
});

test("--debug-on-failure stops where a step fails, and the end of the input cancels the run", async () => {
  const { tests } = loaded();
  const [definition] = tests;
  const planned = definition?.steps[1];
  if (definition === undefined || planned === undefined) throw new Error("no step");
  const ended = new AbortController();
  const said: string[] = [];
  const given = ["r", "l"];
  const gate = createDebugger({
    lines: { next: async () => given.shift(), close: () => undefined },
    say: (text) => void said.push(text),
    prompt: undefined,
    picturesDir: "nowhere",
    shown: (path) => path,
    stop: { kind: "failure" },
    isHeadless: true,
    clock: createHandClock(),
    onQuit: () => ended.abort(),
  });
  const redactor = createRedactor({});
  const session = {} as Session; // Nothing is asked of it.
  const at = { definition, planned, session, redactor, signal: ended.signal };
  await gate.before(at);
  expect(said).toEqual([]);
  const failure = { message: "no element matches\nfor 10 s" };
  expect(await gate.failed(at, failure)).toBe("retry");
  expect(said).toEqual(["failed: s.yaml:6 click #a (s › one)\n  no element matches\n  for 10 s"]);
  expect(await gate.failed(at, failure)).toBe("go_on");
  expect(said.at(-2)).toBe("     2 goto http://127.0.0.1/\n>    6 click #a\n     7 click #b");
  expect(said.at(-1)).toMatch(/^end of the input: the run is cancelled/);
  expect(ended.signal.aborted).toBe(true);
});

test("readCommand() knows short and long words, and what is missing", () => {
  expect(readCommand("  s ")).toEqual({ kind: "step" });
  expect(readCommand("try text=Buy now")).toEqual({ kind: "try", text: "text=Buy now" });
  expect(readCommand("screenshot")).toEqual({ kind: "screenshot", name: "" });
  expect(readCommand("")).toEqual({ kind: "nothing" });
  expect(readCommand("eval")).toEqual({ kind: "unknown", reason: "eval needs JavaScript" });
  expect(readCommand("constructor")).toMatchObject({ kind: "unknown" });
  expect(readCommand("screnshot")).toMatchObject({
    reason: expect.stringContaining('"screenshot"'),
  });
});

test.each([
  ["#id > b", { by: "css", value: "#id > b" }],
  ["text=Buy: now", { by: "text", value: "Buy: now" }],
  [
    "role=button[name=Buy now][exact]",
    { by: "role", value: "button", name: "Buy now", exact: true },
  ],
  ['label="E-mail"[nth=1]', { by: "label", value: "E-mail", nth: 1 }],
  ["{ testId: total }", { by: "testId", value: "total" }],
])("readTypedLocator() reads %s as suites do", (text, locator) => {
  expect(readTypedLocator(text)).toEqual({ kind: "read", locator });
});

test.each([
  ["role=buton[name=Buy]", /did you mean "button"/],
  ["txt=Buy", /Unknown prefix "txt="/],
  ["{ label: E-mail, nmae: x }", /nmae/],
  ["{ label: [", /./],
  ["", /Expected a locator/],
])("readTypedLocator() refuses %s", (text, reason) => {
  expect(readTypedLocator(text)).toEqual({
    kind: "refused",
    reason: expect.stringMatching(reason),
  });
});
