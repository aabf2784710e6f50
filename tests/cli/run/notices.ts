/** Notices of a run for the tests of what people read. */
import type { TestEnded } from "#cli/run/progress-text.ts";
import { type Line, lineText } from "#cli/screen/line.ts";
import type { RunNotice } from "#proto/api.ts";

/** A test that passed. */
export const PASSED: TestEnded = {
  kind: "test_ended",
  testIndex: 0,
  key: "shop › pay",
  verdict: "passed",
  durationMs: 1_234,
  node: "node-1",
  finished: 1,
  planned: 2,
};
/** A test that failed, with all that can be said of it. */
export const FAILED: TestEnded = {
  ...PASSED,
  testIndex: 1,
  key: "shop › cart",
  verdict: "failed",
  error: {
    message: "Expected 1\nsaw 2",
    step: "expect text #count",
    file: "shop.yaml",
    line: 7,
    column: 9,
  },
};
/** The start of the test that passed. */
export const STARTED: RunNotice = {
  kind: "test_started",
  testIndex: 0,
  key: "shop › pay",
  attempt: 1,
  node: "node-1",
};
/** Its end, when it will run again. */
export const AGAIN: RunNotice = {
  ...STARTED,
  kind: "attempt_ended",
  status: "failed",
  willRunAgain: true,
  error: "Expected 1\nsaw 2",
};
/** Nobody can run what is left. */
export const WAITING: RunNotice = { kind: "waiting", reason: "no node has the label gpu" };

/** Lines as they are piped. */
export const plain = (lines: readonly Line[]) => lines.map((line) => lineText(line, false));
