/** P: which exit code a failure of the command has (README, "Exit codes"). */
import { MeshError, type MeshErrorCode } from "#shared/errors.ts";

/** No run was created: suite, call, key, port, missing tool, gateway unreachable. */
export const EXIT_REFUSED = 2;
/** The run is incomplete or its report could not be written. */
export const EXIT_INCOMPLETE = 3;
/** A fault of ours. */
export const EXIT_FAULT = 70;
/** Left by a second Ctrl-C. */
export const EXIT_LEFT = 130;

const FAULTS: ReadonlySet<MeshErrorCode> = new Set(["internal"]);

/** Whether it is an expected failure, which a person is told in one sentence. */
export function isExpected(thrown: unknown): thrown is MeshError {
  return thrown instanceof MeshError && !FAULTS.has(thrown.code);
}

/** The exit code of anything thrown by a command. */
export function exitCodeOf(thrown: unknown): number {
  if (!isExpected(thrown)) return EXIT_FAULT;
  return thrown.code === "report_failed" ? EXIT_INCOMPLETE : EXIT_REFUSED;
}
