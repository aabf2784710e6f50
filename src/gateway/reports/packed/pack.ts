/** P: a report in its packed form (packed.ts). */
import type { ChildCount, ChildStep } from "#proto/event.ts";
import type { Failure } from "#proto/failure.ts";
import {
  NOT_ENDED_REASON,
  type Report,
  type ReportArtifact,
  type ReportAttempt,
  type ReportStep,
  type ReportTest,
  RUNNING_CODE,
} from "#proto/report.ts";
import {
  ARTIFACT_STATES,
  type ArtifactText,
  ATTEMPT_STATUSES,
  type PackedArtifact,
  type PackedAttempt,
  type PackedChild,
  type PackedCount,
  type PackedFailure,
  type PackedReport,
  type PackedStep,
  type PackedTest,
  STEP_PHASES,
  STEP_STATUSES,
  TEST_VERDICTS,
  type TextRef,
} from "./packed.ts";

export type PackOptions = {
  /** What text artifacts say, by sha256. */
  readonly texts: ReadonlyMap<string, ArtifactText>;
  readonly hasArtifacts: boolean;
};

/** Packs everything that a page shows; of an artifact not its sha256. */
export function packReport(report: Report, options: PackOptions): PackedReport {
  const packing = new Packing(report, options.texts);
  const tests = report.tests.map((test) => packing.test(test));
  return {
    run: withoutPlan(report.run),
    totals: report.totals,
    nodes: report.nodes,
    isEnded: packing.isEnded,
    hasArtifacts: options.hasArtifacts,
    strings: boundStrings(packing.strings),
    tests,
    texts: packing.texts,
  };
}

/** The page shows one report: the tests of the other slices are for `merge`. */
function withoutPlan({ shard: _forMerge, ...run }: Report["run"]): Report["run"] {
  return run;
}

/** All texts of a page together: as many characters as one reads in without waiting. */
const CHARACTERS_MAX = 8e6;
const LENGTHS_MAX = [64_000, 16_000, 4_000, 1_000] as const;
const CUT_NOTE = "… (cut here: the whole is in report.json)";

/** Cuts the longest texts, only as far as it takes and only when there are too many. */
function boundStrings(strings: readonly string[]): readonly string[] {
  let bounded = strings;
  for (const lengthMax of LENGTHS_MAX) {
    if (bounded.reduce((sum, text) => sum + text.length, 0) <= CHARACTERS_MAX) break;
    bounded = strings.map((text) =>
      text.length <= lengthMax ? text : text.slice(0, lengthMax) + CUT_NOTE,
    );
  }
  return bounded;
}

/** Why it is as it is, and that it is quarantined: a page shows both where it shows the reason. */
function reasonOf({ reason, quarantined }: ReportTest): string | undefined {
  if (quarantined === undefined) return reason;
  const { owner, until } = quarantined;
  const told = `Quarantined by ${owner} until ${until.slice(0, 10)}: ${quarantined.reason}`;
  return reason === undefined ? told : `${told}. ${reason}`;
}

type Cell = number | string | readonly unknown[];

/** The tables grow while rows refer to them. */
class Packing {
  readonly strings: string[] = [""];
  readonly texts: ArtifactText[] = [];
  readonly isEnded: boolean;
  readonly #refs = new Map<string, TextRef>();
  readonly #textRefs = new Map<string, number>();
  readonly #sources: ReadonlyMap<string, ArtifactText>;
  readonly #startMs: number;

  constructor(report: Report, sources: ReadonlyMap<string, ArtifactText>) {
    this.#sources = sources;
    this.#startMs = Date.parse(report.run.startedAt);
    this.isEnded = report.run.reason !== NOT_ENDED_REASON;
  }

  test(test: ReportTest): PackedTest {
    const isOpen = !this.isEnded && test.reason === NOT_ENDED_REASON;
    return row<PackedTest>([
      this.#ref(test.key),
      this.#ref(test.name),
      this.#ref(test.suite),
      this.#ref(test.file),
      test.line,
      this.#ref(test.platform),
      TEST_VERDICTS.indexOf(test.verdict),
      this.#ref(reasonOf(test)),
      isOpen ? 1 : 0,
      this.#refList(test.tags),
      list(test.attempts.map((attempt) => this.#attempt(attempt))),
    ]);
  }

  #attempt(attempt: ReportAttempt): PackedAttempt {
    return row<PackedAttempt>([
      attempt.number,
      ATTEMPT_STATUSES.indexOf(attempt.status),
      (attempt.counted ? 1 : 0) + (attempt.late ? 2 : 0),
      this.#ref(attempt.node),
      this.#start(attempt.startedAt),
      attempt.durationMs,
      attempt.slot === undefined ? 0 : attempt.slot + 1,
      !this.isEnded && attempt.error?.code === RUNNING_CODE ? 1 : 0,
      this.#failure(attempt.error),
      this.#refList(attempt.warnings),
      list(attempt.steps.map((step) => this.#step(step))),
      list(attempt.artifacts.map((artifact) => this.#artifact(artifact))),
    ]);
  }

  /** Milliseconds after the run's start; a text that is no time stays itself. */
  #start(startedAt: string): number | string {
    const startMs = Date.parse(startedAt) - this.#startMs;
    return Number.isNaN(startMs) ? startedAt : startMs;
  }

  #step(step: ReportStep): PackedStep {
    return row<PackedStep>([
      this.#ref(step.name),
      this.#ref(step.kind),
      STEP_STATUSES.indexOf(step.status),
      step.durationMs,
      step.line ?? 0,
      step.phase === undefined ? 0 : STEP_PHASES.indexOf(step.phase) + 1,
      flagsOf(step),
      this.#ref(step.reason),
      this.#refList(step.warnings),
      this.#failure(step.error),
      list((step.children?.told ?? []).map((child) => this.#child(child))),
      list((step.children?.counted ?? []).map((count) => this.#count(count))),
    ]);
  }

  #child(child: ChildStep): PackedChild {
    return row<PackedChild>([
      this.#ref(child.name),
      this.#ref(child.kind),
      STEP_STATUSES.indexOf(child.status),
      child.durationMs,
      child.line,
      child.depth ?? 0,
      this.#ref(child.block),
      child.iteration ?? 0,
      flagsOf(child),
      this.#ref(child.file),
      this.#ref(child.note),
      this.#refList(child.warnings),
      this.#failure(child.error),
    ]);
  }

  #count({ name, status, count }: ChildCount): PackedCount {
    return [this.#ref(name), STEP_STATUSES.indexOf(status), count];
  }

  #artifact(artifact: ReportArtifact): PackedArtifact {
    const cut = (artifact.path?.lastIndexOf("/") ?? -1) + 1;
    return row<PackedArtifact>([
      this.#ref(artifact.name),
      this.#ref(artifact.kind),
      ARTIFACT_STATES.indexOf(artifact.state),
      artifact.bytes,
      this.#ref(artifact.path?.slice(0, cut)),
      this.#ref(artifact.path?.slice(cut)),
      this.#ref(artifact.reason),
      this.#text(artifact.sha256),
    ]);
  }

  #failure(failure: Failure | undefined): PackedFailure | 0 {
    if (failure === undefined) return 0;
    const { message, file, line = 0, column = 0, code } = failure;
    return [this.#ref(message), this.#ref(file), line, column, this.#ref(code)];
  }

  #text(sha256: string | undefined): number {
    const source = sha256 === undefined ? undefined : this.#sources.get(sha256);
    if (sha256 === undefined || source === undefined) return 0;
    const known = this.#textRefs.get(sha256);
    if (known !== undefined) return known;
    this.texts.push(source);
    this.#textRefs.set(sha256, this.texts.length);
    return this.texts.length;
  }

  #refList(texts: readonly string[] | undefined): readonly number[] | 0 {
    return texts === undefined ? 0 : list(texts.map((text) => this.#ref(text)));
  }

  /** "" is the first string, so that 0 can say both "none" and nothing. */
  #ref(text: string | undefined): TextRef {
    if (text === undefined || text === "") return 0;
    const known = this.#refs.get(text);
    if (known !== undefined) return known;
    this.strings.push(text);
    this.#refs.set(text, this.strings.length - 1);
    return this.strings.length - 1;
  }
}

function flagsOf({ optional, soft }: Pick<ReportStep, "optional" | "soft">): number {
  return (optional === true ? 1 : 0) + (soft === true ? 2 : 0);
}

function list<T>(items: readonly T[]): readonly T[] | 0 {
  return items.length === 0 ? 0 : items;
}

/** Without the zeros at its end. */
function row<T extends readonly unknown[]>(cells: readonly Cell[]): T {
  const last = cells.findLastIndex((cell) => cell !== 0);
  return cells.slice(0, last + 1) as unknown as T;
}
