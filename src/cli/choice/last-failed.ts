/** P: which of the loaded tests did not pass in the last run, and what is said of that. */
import type { TestKey } from "#proto/ids.ts";
import type { ReportTest } from "#proto/report.ts";
import type { TestDefinition } from "#proto/test.ts";
import { isOpen, keyOf, type LastRun } from "./last-run.ts";

export type Choice =
  | {
      readonly kind: "chosen";
      readonly keys: readonly TestKey[];
      readonly lines: readonly string[];
    }
  /** Nothing to run, as far as this says; `isFault`: also where an empty run is allowed. */
  | { readonly kind: "nothing"; readonly reason: string; readonly isFault: boolean };

export type LastFailedInput = {
  readonly last: LastRun;
  /** As their suites make them. */
  readonly tests: readonly TestDefinition[];
  /** Their keys as reports show them: values of secrets are masked there. */
  readonly shownKeys: readonly string[];
  /** The suite files of the call, as the person named them. */
  readonly files: ReadonlySet<string>;
};

/** So many tests are named; the rest is counted. */
export const NAMED_MAX = 20;

/** Chooses what failed, was lost or was held back. Says which of them are no more, and refuses when that is all of them. */
export function chooseLastFailed({ last, tests, shownKeys, files }: LastFailedInput): Choice {
  const open = uniqueByKey(last.tests.filter(isOpen));
  const where = `the last run, ${last.id} (${last.place})`;
  if (open.length === 0)
    return { kind: "nothing", reason: `no test failed in ${where}`, isFault: false };
  const byShown = new Map(shownKeys.map((shown, index) => [shown, tests[index]]));
  const chosen = open.flatMap((test) => {
    const found = byShown.get(keyOf(test));
    return found === undefined ? [] : [{ test, key: found.key }];
  });
  const gone = open.filter((test) => byShown.get(keyOf(test)) === undefined);
  const missing = goneLines(gone, files);
  if (chosen.length === 0) {
    const reason = [`none of the ${countText(open.length)} that failed in ${where} is there now`];
    return { kind: "nothing", reason: [...reason, ...missing].join("\n"), isFault: true };
  }
  const shown = chosen.slice(0, NAMED_MAX).map(({ test }) => `  ${stateOf(test)} ${keyOf(test)}`);
  const rest = chosen.length - shown.length;
  return {
    kind: "chosen",
    keys: chosen.map(({ key }) => key),
    lines: [
      `${countText(chosen.length)} of ${where} ${chosen.length === 1 ? "runs" : "run"} again: ${totalsText(chosen)}`,
      ...shown,
      ...(rest > 0 ? [`  … and ${rest} more`] : []),
      ...missing,
    ],
  };
}

/** Repetitions and nodes of one test are one. */
function uniqueByKey(tests: readonly ReportTest[]): ReportTest[] {
  return [...new Map(tests.map((test) => [keyOf(test), test])).values()];
}

function goneLines(gone: readonly ReportTest[], files: ReadonlySet<string>): string[] {
  const lines = gone.map((test) => {
    const why = files.has(test.file)
      ? `${test.file} has no such test any more`
      : `${test.file} is not among the suites of this run`;
    return `  not here: ${keyOf(test)} (${why})`;
  });
  const rest = lines.length - NAMED_MAX;
  return rest > 0
    ? [...lines.slice(0, NAMED_MAX), `  … and ${rest} more that are not here`]
    : lines;
}

/** `1 test`, `2 tests`. */
export const countText = (count: number): string => `${count} test${count === 1 ? "" : "s"}`;

const stateOf = ({ verdict }: ReportTest): string => verdict.padEnd(7);

function totalsText(chosen: readonly { readonly test: ReportTest }[]): string {
  const parts = (["failed", "lost", "skipped"] as const).flatMap((verdict) => {
    const count = chosen.filter(({ test }) => test.verdict === verdict).length;
    return count === 0 ? [] : [`${count} ${verdict === "skipped" ? "held back" : verdict}`];
  });
  return parts.join(", ");
}
