/**
 * The form in which a report travels inside `report.html`: rows of numbers over one table of strings, since names of
 * suites, steps and nodes repeat thousands of times. 0 stands for what is absent; zeros at the end of a row are left out.
 */
import type { Report } from "#proto/report.ts";

export const TEST_VERDICTS = ["passed", "failed", "flaky", "skipped", "lost"] as const;
export const ATTEMPT_STATUSES = ["passed", "failed", "lost", "cancelled"] as const;
export const STEP_STATUSES = ["passed", "failed", "skipped", "lost"] as const;
export const STEP_PHASES = ["before", "main", "after"] as const;
export const ARTIFACT_STATES = ["stored", "pending", "missing"] as const;

/** Index in `strings`; 0 is none. */
export type TextRef = number;

/** `message, file, line, column, code` */
export type PackedFailure = readonly number[];
/** `name, kind, status, durationMs, line, depth, block, iteration, optional + 2 × soft, file, note, warnings, error` */
export type PackedChild = ReadonlyArray<number | readonly number[]>;
/** Of what is only counted: `name, status, count` */
export type PackedCount = readonly number[];
/** `name, kind, status, durationMs, line, phase + 1, optional + 2 × soft, reason, warnings, error, children, counted` */
export type PackedStep = ReadonlyArray<
  number | readonly number[] | readonly PackedChild[] | readonly PackedCount[]
>;
/** `name, kind, state, bytes, folder, base name, reason, text + 1` */
export type PackedArtifact = readonly number[];
/** `number, status, counted + 2 × late, node, start, durationMs, slot + 1, isRunning, error, warnings, steps, artifacts` */
export type PackedAttempt = ReadonlyArray<
  number | string | readonly number[] | readonly PackedStep[] | readonly PackedArtifact[]
>;
/** `key, name, suite, file, line, platform, verdict, reason, isOpen, tags, attempts` */
export type PackedTest = ReadonlyArray<number | readonly number[] | readonly PackedAttempt[]>;

/** What a text artifact says, as far as it is kept in the page. */
export type ArtifactText = {
  readonly text: string;
  /** Whether the file says more. */
  readonly isCut: boolean;
};

export type PackedReport = {
  readonly run: Report["run"];
  readonly totals: Report["totals"];
  readonly nodes: Report["nodes"];
  /** Whether the run has ended: of one that goes on, what has no verdict is open, not lost. */
  readonly isEnded: boolean;
  /** Whether artifacts lie beside the page. */
  readonly hasArtifacts: boolean;
  readonly strings: readonly string[];
  readonly tests: readonly PackedTest[];
  readonly texts: readonly ArtifactText[];
};
