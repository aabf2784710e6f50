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
  const { planned, passed, failed, flaky, skipped, lost } = totals;
  if (planned === 0) return "no test was planned";
  if (!isEnded) {
    const ended = passed + failed + flaky + skipped + lost;
    const told = [`${numberText(ended)} of ${countText(planned, "test")} have ended so far`];
    return joined([...told, ...counted({ failed, lost, flaky, skipped })]);
  }
  // What made the verdict comes first.
  const bad = counted(
    run.status === "incomplete" ? { lost, failed, flaky } : { failed, lost, flaky },
  );
  const [first, ...others] = bad;
  if (first === undefined && skipped === planned)
    return `all ${countText(planned, "test")} were skipped`;
  if (first === undefined || failed + lost === 0) {
    const all = planned === 1 ? "the only test" : `all ${countText(planned, "test")}`;
    if (first === undefined && skipped === 0) return `${all} passed`;
    const good = `${numberText(passed + flaky)} of ${countText(planned, "test")} passed`;
    return joined([good, ...bad.map(ofThem), ...counted({ skipped })]);
  }
  const [number, ...words] = first.split(" ");
  return joined([
    `${number} of ${countText(planned, "test")} ${words.join(" ")}`,
    ...others,
    ...counted({ skipped }),
  ]);
}

function ofThem(text: string): string {
  return text.replace(/(was|were) flaky$/, "of them after a retry");
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
