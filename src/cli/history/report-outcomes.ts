/** P: the outcomes that a report tells of, as histories: what a CI system of slices learns from their merged report. */
import { nodeMark } from "#gateway/history/outcomes.ts";
import {
  HISTORY_DURATION_MS_MAX,
  HISTORY_LENGTH,
  type HistoryOutcome,
  TestHistory,
} from "#proto/history.ts";
import { NodeId } from "#proto/ids.ts";
import type { Report, ReportAttempt, ReportTest } from "#proto/report.ts";

/** The attempts that counted, newest first; the same report gives the same, so that merging it again changes nothing. */
export function historiesIn(report: Report): readonly TestHistory[] {
  const marks = new Map(
    report.nodes.flatMap(({ id, name }) => {
      const nodeId = NodeId.safeParse(id);
      return nodeId.success ? [[name, nodeMark(nodeId.data)] as const] : [];
    }),
  );
  const byName = Map.groupBy(report.tests, (test) => JSON.stringify([nameOf(test), test.platform]));
  return [...byName.values()].flatMap((tests) => {
    const outcomes = tests
      .flatMap(({ attempts }) => attempts.flatMap((attempt) => outcomeOf(attempt, marks)))
      .toSorted((a, b) => b.wallMs - a.wallMs)
      .slice(0, HISTORY_LENGTH);
    const [first] = tests;
    const key = first && nameOf(first);
    const history = TestHistory.safeParse({ key, platform: first?.platform, outcomes });
    return history.success ? [history.data] : []; // Nothing that counted, or a test of a missing slice.
  });
}

const nameOf = ({ key, historyKey }: ReportTest): string => historyKey ?? key;

function outcomeOf(
  { counted, status, steps, node, startedAt, durationMs }: ReportAttempt,
  marks: ReadonlyMap<string, string>,
): HistoryOutcome[] {
  const mark = marks.get(node);
  const wallMs = Math.round(Date.parse(startedAt) + durationMs);
  if (!counted || mark === undefined || !(wallMs >= 0)) return [];
  if (status !== "passed" && status !== "failed") return [];
  if (steps.every((step) => step.status === "skipped")) return [];
  const bounded = Math.min(durationMs, HISTORY_DURATION_MS_MAX);
  return [{ status, durationMs: Math.round(bounded * 10) / 10, wallMs, node: mark }];
}
