/** P: tests that others wait for together, and how many of them are still open. */
import type { TestState } from "#gateway/mesh/run-state.ts";

/** In ledger order. */
export type Line = {
  readonly name: string;
  readonly tests: readonly TestState[];
  /** Decided, and neither passed nor flaky. */
  readonly notPassed: Set<TestState>;
  openCount: number;
};

/** With the verdicts that are there already. */
export function createLine(tests: readonly TestState[]): Line {
  const decided = tests.filter((test) => test.decided !== undefined);
  return {
    name: tests[0]?.definition.name ?? "",
    tests,
    notPassed: new Set(decided.filter((test) => !hasPassed(test))),
    openCount: tests.length - decided.length,
  };
}

/** Notes a first verdict, or another one. */
export function noteInLine(line: Line, test: TestState, wasOpen: boolean): void {
  if (wasOpen) line.openCount -= 1;
  if (hasPassed(test)) line.notPassed.delete(test);
  else line.notPassed.add(test);
}

/** Notes that a verdict was taken back. */
export function reopenInLine(line: Line, test: TestState): void {
  line.notPassed.delete(test);
  line.openCount += 1;
}

const hasPassed = ({ decided }: TestState): boolean =>
  decided?.verdict === "passed" || decided?.verdict === "flaky";

const VERDICT_WORDS = { failed: "has failed", lost: "was lost", skipped: "was skipped" } as const;

/** A test that has not passed, and what became of it. */
export function saidOf({ definition, decided }: TestState): string {
  const verdict = decided?.verdict;
  const words =
    verdict === "failed" || verdict === "lost" || verdict === "skipped"
      ? VERDICT_WORDS[verdict]
      : "has not passed";
  return `${JSON.stringify(definition.name)}, which ${words}`;
}
