/** P: the tests of a packed report as the page shows them. */
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
} from "./packed.ts";

export type PageFailure = {
  readonly message: string;
  readonly file: string | undefined;
  readonly line: number | undefined;
  readonly column: number | undefined;
  readonly code: string | undefined;
};

export type PageStep = {
  readonly name: string;
  readonly kind: string;
  readonly status: (typeof STEP_STATUSES)[number];
  readonly durationMs: number;
  readonly line: number | undefined;
  readonly phase: (typeof STEP_PHASES)[number];
  readonly isOptional: boolean;
  readonly isSoft: boolean;
  readonly reason: string | undefined;
  readonly warnings: readonly string[];
  readonly error: PageFailure | undefined;
  /** Of a step that holds others: those that are told, in the order in which they began. */
  readonly children: readonly PageChild[];
  readonly counted: readonly PageCount[];
};

export type PageChild = {
  readonly name: string;
  readonly kind: string;
  readonly status: (typeof STEP_STATUSES)[number];
  readonly durationMs: number;
  readonly line: number;
  /** Where it stands in a file other than the test's. */
  readonly file: string | undefined;
  readonly depth: number;
  readonly block: string | undefined;
  /** From 1; undefined: it stands in no loop. */
  readonly iteration: number | undefined;
  readonly isOptional: boolean;
  readonly isSoft: boolean;
  readonly note: string | undefined;
  readonly warnings: readonly string[];
  readonly error: PageFailure | undefined;
};

export type PageCount = {
  readonly name: string;
  readonly status: (typeof STEP_STATUSES)[number];
  readonly count: number;
};

export type PageArtifact = {
  readonly name: string;
  readonly kind: string;
  readonly state: (typeof ARTIFACT_STATES)[number];
  readonly bytes: number;
  /** Relative to the page. */
  readonly path: string | undefined;
  readonly reason: string | undefined;
  readonly text: ArtifactText | undefined;
};

export type PageAttempt = {
  readonly number: number;
  readonly status: (typeof ATTEMPT_STATUSES)[number] | "running";
  readonly isCounted: boolean;
  readonly isLate: boolean;
  readonly node: string;
  readonly slot: number | undefined;
  /** After the run's start; undefined when the report tells no time. */
  readonly startMs: number | undefined;
  readonly durationMs: number;
  readonly error: PageFailure | undefined;
  readonly warnings: readonly string[];
  readonly steps: readonly PageStep[];
  readonly artifacts: readonly PageArtifact[];
};

/** `open`: without a verdict in a run that goes on. */
export type TestStatus = (typeof TEST_VERDICTS)[number] | "open";

export type PageTest = {
  /** Place in the report. */
  readonly index: number;
  readonly key: string;
  readonly name: string;
  readonly suite: string;
  readonly file: string;
  readonly line: number;
  readonly platform: string;
  readonly status: TestStatus;
  readonly reason: string | undefined;
  readonly tags: readonly string[];
  readonly attempts: readonly PageAttempt[];
};

/** Unpacks every test. */
export function unpackTests(packed: PackedReport): readonly PageTest[] {
  const unpacking = new Unpacking(packed);
  return packed.tests.map((test, index) => unpacking.test(test, index));
}

class Unpacking {
  readonly #packed: PackedReport;

  constructor(packed: PackedReport) {
    this.#packed = packed;
  }

  test(cells: PackedTest, index: number): PageTest {
    const verdict = TEST_VERDICTS[number(cells[6])] ?? "lost";
    return {
      index,
      key: this.#text(cells[0]),
      name: this.#text(cells[1]),
      suite: this.#text(cells[2]),
      file: this.#text(cells[3]),
      line: number(cells[4]),
      platform: this.#text(cells[5]),
      status: cells[8] === 1 ? "open" : verdict,
      reason: this.#maybe(cells[7]),
      tags: this.#texts(cells[9]),
      attempts: rows<PackedAttempt>(cells[10]).map((attempt) => this.#attempt(attempt)),
    };
  }

  #attempt(cells: PackedAttempt): PageAttempt {
    const flags = number(cells[2]);
    const slot = number(cells[6]);
    const status = ATTEMPT_STATUSES[number(cells[1])] ?? "lost";
    return {
      number: number(cells[0]),
      status: cells[7] === 1 ? "running" : status,
      isCounted: (flags & 1) === 1,
      isLate: (flags & 2) === 2,
      node: this.#text(cells[3]),
      startMs: typeof cells[4] === "string" ? undefined : number(cells[4]),
      durationMs: number(cells[5]),
      slot: slot === 0 ? undefined : slot - 1,
      error: this.#failure(cells[8]),
      warnings: this.#texts(cells[9]),
      steps: rows<PackedStep>(cells[10]).map((step) => this.#step(step)),
      artifacts: rows<PackedArtifact>(cells[11]).map((artifact) => this.#artifact(artifact)),
    };
  }

  #step(cells: PackedStep): PageStep {
    const phase = number(cells[5]);
    return {
      name: this.#text(cells[0]),
      kind: this.#text(cells[1]),
      status: STEP_STATUSES[number(cells[2])] ?? "lost",
      durationMs: number(cells[3]),
      line: number(cells[4]) || undefined,
      phase: STEP_PHASES[phase - 1] ?? "main",
      isOptional: (number(cells[6]) & 1) === 1,
      isSoft: (number(cells[6]) & 2) === 2,
      reason: this.#maybe(cells[7]),
      warnings: this.#texts(cells[8]),
      error: this.#failure(cells[9]),
      children: rows<PackedChild>(cells[10]).map((child) => this.#child(child)),
      counted: rows<PackedCount>(cells[11]).map((count) => this.#count(count)),
    };
  }

  #child(cells: PackedChild): PageChild {
    const flags = number(cells[8]);
    return {
      name: this.#text(cells[0]),
      kind: this.#text(cells[1]),
      status: STEP_STATUSES[number(cells[2])] ?? "lost",
      durationMs: number(cells[3]),
      line: number(cells[4]),
      depth: number(cells[5]),
      block: this.#maybe(cells[6]),
      iteration: number(cells[7]) || undefined,
      isOptional: (flags & 1) === 1,
      isSoft: (flags & 2) === 2,
      file: this.#maybe(cells[9]),
      note: this.#maybe(cells[10]),
      warnings: this.#texts(cells[11]),
      error: this.#failure(cells[12]),
    };
  }

  #count([name, status, count]: PackedCount): PageCount {
    return {
      name: this.#text(name),
      status: STEP_STATUSES[number(status)] ?? "lost",
      count: number(count),
    };
  }

  #artifact(cells: PackedArtifact): PageArtifact {
    const base = this.#maybe(cells[5]);
    return {
      name: this.#text(cells[0]),
      kind: this.#text(cells[1]),
      state: ARTIFACT_STATES[number(cells[2])] ?? "missing",
      bytes: number(cells[3]),
      path: base === undefined ? undefined : this.#text(cells[4]) + base,
      reason: this.#maybe(cells[6]),
      text: this.#packed.texts[number(cells[7]) - 1],
    };
  }

  #failure(cells: unknown): PageFailure | undefined {
    if (!Array.isArray(cells)) return undefined;
    const [message, file, line, column, code]: PackedFailure = cells;
    return {
      message: this.#text(message),
      file: this.#maybe(file),
      line: number(line) || undefined,
      column: number(column) || undefined,
      code: this.#maybe(code),
    };
  }

  #texts(cells: unknown): readonly string[] {
    return rows<number>(cells).map((ref) => this.#text(ref));
  }

  #maybe(ref: unknown): string | undefined {
    return number(ref) === 0 ? undefined : this.#text(ref);
  }

  #text(ref: unknown): string {
    return this.#packed.strings[number(ref)] ?? "";
  }
}

function number(cell: unknown): number {
  return typeof cell === "number" ? cell : 0;
}

function rows<T>(cell: unknown): readonly T[] {
  return Array.isArray(cell) ? cell : [];
}
