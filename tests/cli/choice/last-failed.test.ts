import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { ApiClient } from "#cli/api-client.ts";
import { chooseTests, wantedSuites } from "#cli/choice/choose-tests.ts";
import { chooseLastFailed } from "#cli/choice/last-failed.ts";
import { askLastRun, type LastRun } from "#cli/choice/last-run.ts";
import type { Context } from "#cli/context.ts";
import { loadSuites } from "#cli/run/load-suites.ts";
import { terminal } from "#cli/terminal.ts";
import { temporaryPlace } from "#kit/temporary-place.ts";
import { ReportTest } from "#proto/report.ts";
import { systemClock } from "#shared/clock.ts";
import { readConfig } from "#shared/config.ts";

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
  writeFileSync(join(out, "report.json"), JSON.stringify(reportOf("run-1", tests)));
  return { callerDir };
}

function reportOf(id: string, tests: readonly ReportTest[]): unknown {
  const totals = { planned: 0, passed: 0, failed: 0, flaky: 0, skipped: 0, lost: 0 };
  const run = { id, status: "failed", exitCode: 1, startedAt: "", durationMs: 1 };
  return { schemaVersion: 1, run, totals, nodes: [], tests };
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

/** What a call in that folder knows of its environment. */
function contextIn(callerDir: string): Context {
  const env = { INIT_CWD: callerDir, PANOPTIC_STATE: join(callerDir, "state"), HOME: callerDir };
  const stops = { onWish: () => undefined };
  return { config: readConfig(env), clock: systemClock, terminal, stops };
}

test("--last-failed without anything to run is refused with the reason, also where an empty run is allowed and nothing is there", async () => {
  const choose = async (callerDir: string, words: readonly string[], allowEmpty = false) => {
    const options = { lastFailed: true, allowEmpty };
    const context = contextIn(callerDir);
    const wanted = wantedSuites(words, options, context);
    const loaded = loadSuites(wanted.words, { callerDir, isStrict: true });
    return chooseTests({ loaded, options, last: wanted.last, client: undefined }, context);
  };
  const none = temporaryPlace("panoptic-none-");
  await expect(choose(none, [])).rejects.toThrow(/no report of a run from this folder is there/);
  const gone = callerFolder([told("gone", { verdict: "failed" })]);
  const allGone = /none of the 1 test that failed .*\n {2}not here: s › gone \(s\.json has no/;
  await expect(choose(gone.callerDir, [], true)).rejects.toThrow(allGone);
  const well = callerFolder([told("a", {})]);
  await expect(choose(well.callerDir, [])).rejects.toThrow(/no test failed in the last run, run-1/);
  expect(await choose(well.callerDir, ["s.json"], true)).toMatchObject({
    keys: [], // Not: all.
    lines: [expect.stringMatching(/^nothing to run: no test failed/)],
  });
  const failed = callerFolder([told("b", { verdict: "failed" }), told("a", {})]);
  expect(await choose(failed.callerDir, [])).toMatchObject({ keys: ["s › b"] });
  expect(() => wantedSuites([], {}, contextIn(none))).toThrow(/missing required argument 'suite'/);
});

test("--last-failed asks the gateway where no report is there: its newest run of any of these tests", async () => {
  const { callerDir } = callerFolder([]);
  const reports: Record<string, unknown> = {
    "run-3": reportOf("run-3", [told("x", { key: "other › x", verdict: "failed" })]),
    "run-2": reportOf("run-2", [told("c", { verdict: "failed" })]),
    "run-1": reportOf("run-1", [told("a", { verdict: "failed" })]),
  };
  const asked: string[] = [];
  const client = {
    runs: async () => Object.keys(reports).map((id) => ({ id, state: "ended" })),
    report: async (id: string) => {
      asked.push(id);
      return reports[id];
    },
  };
  const { tests } = loadSuites(["s.json"], { callerDir, isStrict: true });
  const keys = new Set<string>(tests.map(({ key }) => key));
  const last = await askLastRun(client as unknown as ApiClient, keys);
  expect([last?.id, last?.place, asked]).toEqual(["run-2", "on the gateway", ["run-3", "run-2"]]);
});
