/** The oracle itself: it is silent about what is right, and names each wrong thing for what it is. */
import { expect, test } from "vitest";
import type { Report, ReportAttempt, ReportTest } from "#proto/report.ts";
import { type Books, newBooks, type TestKind, type TestSpec, type Visit } from "./books.ts";
import type { FindingKind } from "./finding.ts";
import type { RunRecord } from "./load.ts";
import { judgeRuns } from "./oracle.ts";

const START_MS = Date.UTC(2026, 10, 21, 12);

type World = { books: Books; run: RunRecord; final: Report };

const specOf = (kind: TestKind): TestSpec => ({
  key: `chaos-1 › ${kind}`,
  place: `1/${kind}`,
  kind,
  platform: "http",
  asks: ["open", "hop/1", "end"],
  answerMs: [1, 1, 1],
});

const tokenOf = (number: number) => `tok-${number}-0000000${number}`;

function visitOf(spec: TestSpec, number: number, told: "ok" | "no" | undefined): Visit {
  const asks = told === undefined ? spec.asks.slice(0, 2) : spec.asks;
  return {
    token: tokenOf(number),
    test: spec,
    asks: asks.map((step) => ({ step, askedMs: START_MS, answeredMs: START_MS + 1 })),
    owner: { nodeName: "node-1", nodePid: 1, browserPid: undefined },
    ...(told === undefined ? {} : { told }),
  };
}

const attemptOf = (number: number, token: number, more: Partial<ReportAttempt>): ReportAttempt => ({
  number,
  status: "passed",
  counted: true,
  late: false,
  node: "node-1",
  startedAt: new Date(START_MS).toISOString(),
  durationMs: 1_000,
  steps: [
    {
      name: "show the token",
      kind: "expect",
      status: "failed",
      optional: true,
      durationMs: 1,
      error: { message: `Expected "-", got "${tokenOf(token)}"` },
    },
  ],
  artifacts: [],
  ...more,
});

const testOf = (
  spec: TestSpec,
  verdict: ReportTest["verdict"],
  attempts: ReportAttempt[],
): ReportTest => ({
  key: spec.key,
  name: spec.kind,
  suite: "chaos-1",
  file: "chaos-1.json",
  line: 1,
  platform: "http",
  tags: [],
  verdict,
  attempts,
});

const LOST = {
  status: "lost",
  counted: false,
  error: { message: "It died", code: "crashed" },
} as const;

/** A run in which one of each kind came out as it should; of `pass` the first attempt died with its node. */
function rightWorld(): World {
  const [pass, fail, flaky, skip] = [
    specOf("pass"),
    specOf("fail"),
    specOf("flaky"),
    specOf("skip"),
  ];
  const books = newBooks();
  const visits = [
    visitOf(pass, 1, undefined),
    visitOf(pass, 2, "ok"),
    visitOf(fail, 3, "no"),
    visitOf(fail, 4, "no"),
    visitOf(flaky, 5, "no"),
    visitOf(flaky, 6, "ok"),
  ];
  for (const visit of visits) books.visits.set(visit.token, visit);
  const blow = { kind: "node.kill", nodeName: "node-1", way: "nats", isInFlight: true } as const;
  books.blows.push({ ...blow, fromMs: START_MS + 500, untilMs: START_MS + 900 });
  const failed = { status: "failed", error: { message: "told no" } } as const;
  const final: Report = {
    schemaVersion: 1,
    run: { id: "run", status: "failed", exitCode: 1, startedAt: "", durationMs: 1 },
    totals: { planned: 4, passed: 1, failed: 1, flaky: 1, skipped: 1, lost: 0 },
    nodes: [],
    tests: [
      testOf(pass, "passed", [attemptOf(1, 1, LOST), attemptOf(2, 2, {})]),
      testOf(fail, "failed", [attemptOf(1, 3, failed), attemptOf(2, 4, failed)]),
      testOf(flaky, "flaky", [attemptOf(1, 5, failed), attemptOf(2, 6, {})]),
      testOf(skip, "skipped", []),
    ],
  };
  const tests = [pass, fail, flaky, skip];
  const run: RunRecord = { number: 1, tests, via: "cli", exitCode: 1 };
  return { books, run, final };
}

/** What the oracle says of a world in which something was changed, before or after its end was told. */
function kindsAfter(change: Change, later: Change = () => undefined): string[] {
  const world = rightWorld();
  change(world);
  world.run.report = structuredClone(world.final);
  later(world);
  const findings = judgeRuns([{ run: world.run, final: world.final }], world.books);
  return [...new Set(findings.map(({ kind }) => kind))];
}

type Change = (world: World) => void;

/** Tests of the report, by their place. */
const PASS = 0;
const FAIL = 1;
const FLAKY = 2;

const testAt = ({ final }: World, index: number): ReportTest => {
  const found = final.tests[index];
  if (found === undefined) throw new Error(`There is no test ${index}`);
  return found;
};
const attemptAt = (world: World, index: number, attemptIndex: number): ReportAttempt => {
  const found = testAt(world, index).attempts[attemptIndex];
  if (found === undefined) throw new Error(`There is no attempt ${attemptIndex}`);
  return found;
};
const visitAt = ({ books }: World, token: number): Visit => {
  const found = books.visits.get(tokenOf(token));
  if (found === undefined) throw new Error(`There is no visit ${token}`);
  return found;
};
const addVisit = ({ books }: World, visit: Visit) => void books.visits.set(visit.token, visit);

test("judgeRuns() is silent about a run in which everything is right", () => {
  expect(kindsAfter(() => undefined)).toEqual([]);
});

type Wrong = readonly [kind: FindingKind, what: string, change: Change];

const WRONG: readonly Wrong[] = [
  [
    "lost",
    "a test that is lost",
    (world) => Object.assign(testAt(world, PASS), { verdict: "lost" }),
  ],
  ["ledger", "a test that is missing", ({ final }) => void final.tests.pop()],
  ["exit", "an exit code that does not follow", ({ run }) => Object.assign(run, { exitCode: 0 })],
  ["exit", "totals that do not follow", ({ final }) => Object.assign(final.totals, { passed: 2 })],
  [
    "doubled",
    "a late outcome that is counted beside the one that replaced it",
    (world) => {
      testAt(world, PASS).attempts.push(attemptOf(3, 7, {}));
      addVisit(world, visitOf(visitAt(world, 1).test, 7, "ok"));
    },
  ],
  [
    "doubled",
    "two attempts that show one token",
    (world) =>
      void testAt(world, PASS).attempts.push(attemptOf(3, 2, { counted: false, late: true })),
  ],
  [
    "doubled",
    "an attempt that was run again, unseen by the report",
    (world) => addVisit(world, visitOf(visitAt(world, 1).test, 7, undefined)),
  ],
  [
    "forgotten",
    "an attempt that the report leaves out",
    (world) => void testAt(world, PASS).attempts.shift(),
  ],
  [
    "forgotten",
    "an attempt whose node never told of its end",
    (world) =>
      Object.assign(attemptAt(world, PASS, 0), { error: { message: "gone", code: "node_died" } }),
  ],
  [
    "forgotten",
    "a pass of which a step is not told",
    (world) => {
      const [shown] = attemptAt(world, PASS, 1).steps;
      const step = { name: "open", kind: "request", status: "skipped", durationMs: 0 } as const;
      if (shown !== undefined) Object.assign(attemptAt(world, PASS, 1), { steps: [step, shown] });
    },
  ],
  [
    "phantom",
    "an outcome without requests",
    (world) => Object.assign(attemptAt(world, PASS, 1), { steps: [] }),
  ],
  [
    "phantom",
    "an outcome of another node than the one that asked",
    (world) => Object.assign(attemptAt(world, PASS, 1), { node: "node-2" }),
  ],
  [
    "verdict",
    "a pass that was told no",
    (world) => Object.assign(visitAt(world, 2), { told: "no" }),
  ],
  [
    "verdict",
    "a pass that left a request out",
    (world) => void visitAt(world, 2).asks.splice(1, 1),
  ],
  [
    "verdict",
    "a request that was made twice",
    (world) => void visitAt(world, 2).asks.splice(1, 0, { step: "hop/1", askedMs: START_MS }),
  ],
  [
    "verdict",
    "a failing test that passed",
    (world) => Object.assign(testAt(world, FAIL), { verdict: "passed" }),
  ],
  [
    "verdict",
    "a flaky test whose failure is not counted",
    (world) => {
      Object.assign(testAt(world, FLAKY), { verdict: "passed" });
      testAt(world, FLAKY).attempts.shift();
    },
  ],
  [
    "verdict",
    "an outcome that is neither counted nor late",
    (world) => Object.assign(attemptAt(world, FAIL, 0), { counted: false }),
  ],
  [
    "needless",
    "an attempt given up though nothing befell its node",
    ({ books }) => void books.blows.pop(),
  ],
  [
    "needless",
    "a browser that crashed though nobody killed it",
    (world) =>
      Object.assign(attemptAt(world, PASS, 0), { error: { message: "x", code: "browser_crash" } }),
  ],
  [
    "rejected",
    "an event that was rejected",
    (world) =>
      Object.assign(attemptAt(world, PASS, 0), { error: { message: "x", code: "event_rejected" } }),
  ],
  [
    "stray",
    "a request that no test makes",
    ({ books }) => void books.strays.push({ atMs: 1, path: "/x" }),
  ],
];

test.each(WRONG)("judgeRuns() calls %s: %s", (kind, _, change) => {
  expect(kindsAfter(change)).toContain(kind);
});

test("judgeRuns() finds a verdict that changed after the run's end", () => {
  const change = (world: World) => Object.assign(testAt(world, FAIL), { verdict: "flaky" });
  expect(kindsAfter(() => undefined, change)).toContain("changed");
});
