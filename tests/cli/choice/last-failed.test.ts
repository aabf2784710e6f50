import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chooseLastFailed } from "#cli/choice/last-failed.ts";
import type { LastRun } from "#cli/choice/last-run.ts";
import { loadSuites } from "#cli/run/load-suites.ts";
import { runProgram } from "#kit/program.ts";
import { temporaryPlace } from "#kit/temporary-place.ts";
import { ReportTest } from "#proto/report.ts";

const steps = [{ request: { get: "http://127.0.0.1:9/" } }];
const suiteText = (names: readonly string[]) =>
  JSON.stringify({ name: "s", tests: names.map((name) => ({ name, platform: "http", steps })) });

function told(name: string, more: Partial<ReportTest>): ReportTest {
  const base = { key: `s › ${name}`, name, suite: "s", file: "s.json", line: 1, platform: "http" };
  return ReportTest.parse({ ...base, tags: [], verdict: "passed", attempts: [], ...more });
}

function callerFolder(tests: readonly ReportTest[]) {
  const callerDir = temporaryPlace("panoptic-last-");
  writeFileSync(join(callerDir, "s.json"), suiteText(["a", "b", "c", "d", "e"]));
  const out = join(callerDir, "panoptic-report");
  mkdirSync(out);
  const totals = { planned: 0, passed: 0, failed: 0, flaky: 0, skipped: 0, lost: 0 };
  const run = { id: "run-1", status: "failed", exitCode: 1, startedAt: "", durationMs: 1 };
  const report = { schemaVersion: 1, run, totals, nodes: [], tests };
  writeFileSync(join(out, "report.json"), JSON.stringify(report));
  return { callerDir };
}

const LAST: LastRun = {
  id: "run-1",
  place: "panoptic-report",
  tests: [
    told("a", {}),
    told("b [repeat=1]", { verdict: "failed", historyKey: "s › b" }),
    told("b [repeat=2]", { verdict: "failed", historyKey: "s › b" }),
    told("c", { verdict: "lost" }),
    told("d", { verdict: "skipped", skippedBy: "after_failed" }),
    told("e", { verdict: "skipped" }),
    told("gone", { verdict: "failed" }),
    told("elsewhere", { verdict: "failed", file: "other.json" }),
  ],
};

test("chooseLastFailed() takes what failed, was lost or was held back, once, and says what is not there now", () => {
  const { callerDir } = callerFolder([]);
  const { tests } = loadSuites(["s.json"], { callerDir, isStrict: true });
  const shownKeys = tests.map(({ key }) => key);
  const files = new Set(["s.json"]);
  expect(chooseLastFailed({ last: LAST, tests, shownKeys, files })).toEqual({
    kind: "chosen",
    keys: ["s › b", "s › c", "s › d"],
    lines: [
      "3 tests of the last run, run-1 (panoptic-report) run again: 1 failed, 1 lost, 1 held back",
      "  failed  s › b",
      "  lost    s › c",
      "  skipped s › d",
      "  not here: s › gone (s.json has no such test any more)",
      "  not here: s › elsewhere (other.json is not among the suites of this run)",
    ],
  });
  const passed = { ...LAST, tests: LAST.tests.slice(0, 1) };
  expect(chooseLastFailed({ last: passed, tests, shownKeys, files })).toMatchObject({
    kind: "nothing",
    reason: "no test failed in the last run, run-1 (panoptic-report)",
    isFault: false,
  });
  // A value of a secret in a key is masked in reports.
  const masked = { ...LAST, tests: [told("***", { verdict: "failed" })] };
  const shown = shownKeys.map((key) => key.replace("s › a", "s › ***"));
  expect(chooseLastFailed({ last: masked, tests, shownKeys: shown, files })).toMatchObject({
    keys: ["s › a"],
  });
});

test("run --last-failed without anything to run is exit 2 with the reason, and runs nothing", async () => {
  const run = async (callerDir: string, ...words: string[]) => {
    const { exitCode, stdout, stderr } = await runProgram(["run", ...words], { callerDir });
    return [exitCode, stdout, stderr];
  };
  const none = await run(temporaryPlace("panoptic-none-"), "--last-failed");
  expect(none).toEqual([2, "", expect.stringMatching(/no report of a run from this folder/)]);
  const gone = callerFolder([told("gone", { verdict: "failed" })]);
  const allGone = await run(gone.callerDir, "--last-failed", "--allow-empty");
  expect(allGone).toEqual([2, "", expect.stringMatching(/none of the 1 test .*\n.*s › gone/)]);
  const well = callerFolder([told("a", {})]);
  const nothing = await run(well.callerDir, "s.json", "--last-failed");
  expect(nothing).toEqual([2, "", expect.stringMatching(/no test failed in the last run, run-1/)]);
});
