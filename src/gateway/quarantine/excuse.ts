/** Pure: what the quarantine list of a run says of one of its tests. */
import type { RunState, TestState } from "#gateway/mesh/run-state.ts";
import type { QuarantineEntry } from "#proto/quarantine.ts";
import type { ReportQuarantine, Verdict } from "#proto/report.ts";

/** The entry by which a failed or flaky test does not fail the run; a lost one is never excused. */
export function excuseOf(
  { quarantine }: Pick<RunState, "quarantine">,
  { definition, decided }: TestState,
): QuarantineEntry | undefined {
  const verdict = decided?.verdict;
  return verdict === "failed" || verdict === "flaky" ? quarantine?.find(definition) : undefined;
}

/** 1 for a verdict that counts among a run's most failures, 0 for any other and for an excused one. */
export function failuresOf(
  { quarantine }: Pick<RunState, "quarantine">,
  { definition }: TestState,
  verdict: Verdict | undefined,
): number {
  return verdict === "failed" && quarantine?.find(definition) === undefined ? 1 : 0;
}

/** As notices tell it: of a test that is excused. */
export function excuseShown(
  run: Pick<RunState, "quarantine">,
  test: TestState,
): { quarantined?: ReportQuarantine } {
  return shown(excuseOf(run, test));
}

/** As reports tell it: of any test on the list, whatever became of it. */
export function quarantineShown(
  { quarantine }: Pick<RunState, "quarantine">,
  { definition }: TestState,
): { quarantined?: ReportQuarantine } {
  return shown(quarantine?.find(definition));
}

function shown(entry: QuarantineEntry | undefined): { quarantined?: ReportQuarantine } {
  if (entry === undefined) return {};
  const { owner, reason, expiresAt } = entry;
  return { quarantined: { owner, reason, until: expiresAt } };
}
