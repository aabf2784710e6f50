/**
 * P: holds the reports of the runs against the target's own log. It knows no code of the product but the shape of its
 * report: which verdict is right, which attempts there were and which of them may count follows from the log alone.
 */
import type { Report, ReportTest } from "#proto/report.ts";
import type { Books, TestSpec } from "./books.ts";
import type { Finding } from "./finding.ts";
import type { RunRecord } from "./load.ts";
import { judgeAttempts } from "./oracle-attempts.ts";
import { judgeVerdict } from "./oracle-verdict.ts";

export type JudgedRun = {
  readonly run: RunRecord;
  /** As the gateway tells it when everything has come to rest. */
  readonly final: Report;
};

/** Everything that is wrong with these runs. */
export function judgeRuns(runs: readonly JudgedRun[], books: Books): Finding[] {
  const owners = new Map<string, string>();
  return [
    ...runs.flatMap((one) => [
      ...judgeLedger(one),
      ...judgeEnd(one),
      ...judgeChange(one),
      ...one.run.tests.flatMap((test) => judgeTest(one, test, { books, owners })),
    ]),
    ...books.strays.map(({ path }): Finding => ({ kind: "stray", text: `Asked for ${path}` })),
  ];
}

type Judging = {
  readonly books: Books;
  /** Token → the attempt that showed it, over all runs: none may show another's. */
  readonly owners: Map<string, string>;
};

function judgeTest({ final }: JudgedRun, test: TestSpec, judging: Judging): Finding[] {
  const told = final.tests.find(({ key }) => key === test.key);
  if (told === undefined) return []; // said by the ledger
  const visits = [...judging.books.visits.values()].filter((visit) => visit.test === test);
  return [
    ...judgeVerdict(test, told, visits),
    ...judgeAttempts({ ...judging, test, told, visits }),
  ];
}

function judgeLedger({ run, final }: JudgedRun): Finding[] {
  const planned = run.tests.map(({ key }) => key).sort();
  const told = final.tests.map(({ key }) => key).sort();
  if (JSON.stringify(planned) === JSON.stringify(told)) return [];
  const text = `Run ${run.number} planned ${planned.length} tests, its report has ${told.length}: missing ${planned.filter((key) => !told.includes(key)).join(", ") || "none"}`;
  return [{ kind: "ledger", text }];
}

function judgeEnd({ run, final }: JudgedRun): Finding[] {
  const faults: string[] = [];
  const exitCode = exitCodeOf(final.tests);
  const status = exitCode === 0 ? "passed" : exitCode === 1 ? "failed" : "incomplete";
  const totals = totalsOf(final.tests);
  if (run.exitCode !== exitCode)
    faults.push(`its ${run.via} was told exit code ${run.exitCode} instead of ${exitCode}`);
  if (final.run.exitCode !== exitCode || final.run.status !== status)
    faults.push(`its report says ${final.run.status} ${final.run.exitCode}, not ${status}`);
  if (Object.entries(totals).some(([name, count]) => totalOf(final, name) !== count))
    faults.push(`its totals ${JSON.stringify(final.totals)} are not ${JSON.stringify(totals)}`);
  const words = faults.length > 0 && run.words !== undefined ? `\n${run.words}` : "";
  return faults.map((fault) => ({ kind: "exit", text: `Run ${run.number}: ${fault}${words}` }));
}

const totalOf = (report: Report, name: string): number | undefined =>
  Object.entries(report.totals).find(([key]) => key === name)?.[1];

function totalsOf(tests: readonly ReportTest[]): Readonly<Record<string, number>> {
  const count = (verdict: string) => tests.filter((test) => test.verdict === verdict).length;
  const verdicts = ["passed", "failed", "flaky", "skipped", "lost"];
  return {
    planned: tests.length,
    ...Object.fromEntries(verdicts.map((verdict) => [verdict, count(verdict)])),
  };
}

/** The README's table of exit codes. */
function exitCodeOf(tests: readonly ReportTest[]): number {
  if (tests.some(({ verdict }) => verdict === "lost")) return 3;
  return tests.some(({ verdict }) => verdict === "failed") ? 1 : 0;
}

/** R1: status, exit code and verdicts are written once; what comes later is only added. */
function judgeChange({ run, final }: JudgedRun): Finding[] {
  const { report } = run;
  if (report === undefined) {
    if (run.via === "api") return [];
    return [{ kind: "exit", text: `Run ${run.number}: no report was written\n${run.words}` }];
  }
  const later = new Map(final.tests.map((test) => [test.key, test]));
  const changes = report.tests.flatMap((test): Finding[] => {
    const now = later.get(test.key);
    const counted = (one: ReportTest | undefined) =>
      one?.attempts.flatMap(({ number, status, counted: isCounted }) =>
        isCounted ? [`${number} ${status}`] : [],
      );
    const before = JSON.stringify([test.verdict, counted(test)]);
    const after = JSON.stringify([now?.verdict, counted(now)]);
    if (before === after) return [];
    return [{ kind: "changed", test: test.key, text: `It was ${before}, and is now ${after}` }];
  });
  if (report.run.exitCode !== final.run.exitCode)
    changes.push({ kind: "changed", text: `Run ${run.number}: the exit code changed` });
  return changes;
}
