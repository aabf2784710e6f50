/** P: what became of a run, in one sentence. */
import type { Report } from "#proto/report.ts";
import { countText, durationText, numberText } from "./quantities.ts";

export type RunFigures = {
  readonly run: Report["run"];
  readonly totals: Report["totals"];
  readonly nodeCount: number;
  readonly isEnded: boolean;
};

export type VerdictSentence = {
  /** The word that comes first. */
  readonly verdict: "Passed" | "Failed" | "Incomplete" | "Running";
  /** What follows the colon, with its full stop. */
  readonly rest: string;
};

/** `Failed: 12 of 300 tests failed, 2 were lost and 5 were flaky, in 3 min 12 s on 3 nodes.` */
export function verdictSentence(figures: RunFigures): VerdictSentence {
  const { run, nodeCount, isEnded } = figures;
  const where = nodeCount === 0 ? "" : ` on ${countText(nodeCount, "node")}`;
  const span = `${isEnded ? "in" : "after"} ${durationText(run.durationMs)}${where}`;
  return { verdict: verdictOf(figures), rest: `${storyOf(figures)}, ${span}.` };
}

/** Why the run is incomplete, beyond what its tests say. */
export function runReason({ run, isEnded }: RunFigures): string | undefined {
  return isEnded ? run.reason : undefined;
}

function verdictOf({ run, isEnded }: RunFigures): VerdictSentence["verdict"] {
  if (!isEnded) return "Running";
  if (run.status === "passed") return "Passed";
  return run.status === "failed" ? "Failed" : "Incomplete";
}

function storyOf({ run, totals, isEnded }: RunFigures): string {
  const { planned, passed, flaky, skipped, lost, quarantined = 0 } = totals;
  const failed = totals.failed - quarantined;
  const excused = quarantined === 0 ? [] : [`${numberText(quarantined)} failed in quarantine`];
  if (planned === 0) return "no test was planned";
  if (!isEnded) {
    const ended = passed + totals.failed + flaky + skipped + lost;
    const told = [`${numberText(ended)} of ${countText(planned, "test")} have ended so far`];
    return joined([...told, ...counted({ failed, lost, flaky, skipped }), ...excused]);
  }
  // What made the verdict comes first.
  const bad = counted(
    run.status === "incomplete" ? { lost, failed, flaky } : { failed, lost, flaky },
  );
  const [first = "", ...others] = bad;
  if (skipped === planned)
    return planned === 1
      ? "the only test was skipped"
      : `all ${countText(planned, "test")} were skipped`;
  if (planned === 1 && quarantined === 1) return "the only test failed in quarantine";
  if (failed + lost === 0) return joined([goodStory(totals), ...excused, ...counted({ skipped })]);
  const [number, ...words] = first.split(" ");
  return joined([
    `${number} of ${countText(planned, "test")} ${words.join(" ")}`,
    ...others,
    ...excused,
    ...counted({ skipped }),
  ]);
}

/** Nothing was failed or lost: how many passed, and how. */
function goodStory({ planned, passed, flaky }: Report["totals"]): string {
  if (planned === 1) return `the only test passed${flaky === 1 ? ", but only after a retry" : ""}`;
  const all = countText(planned, "test");
  const good =
    passed + flaky === planned ? `all ${all}` : `${numberText(passed + flaky)} of ${all}`;
  const again = flaky === 0 ? "" : ` (${numberText(flaky)} only after a retry)`;
  return `${good} passed${again}`;
}

function counted(counts: Readonly<Record<string, number>>): string[] {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([word, count]) => {
      const verb = word === "failed" ? "" : count === 1 ? "was " : "were ";
      return `${numberText(count)} ${verb}${word}`;
    });
}

/** `a`, `a and b`, `a, b and c` */
function joined(parts: readonly string[]): string {
  if (parts.length < 2) return parts.join("");
  return `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}
