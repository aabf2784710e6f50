/** P: each test as lists and filters see it. */
import type {
  PageAttempt,
  PageFailure,
  PageStep,
  PageTest,
  TestStatus,
} from "../../packed/unpack.ts";

/** What a failed, lost or flaky test is shown by. */
export type Trouble = {
  readonly attempt: PageAttempt;
  /** Undefined when no step told of it. */
  readonly step: PageStep | undefined;
  /** 1-based place of the step. */
  readonly stepNumber: number;
  readonly error: PageFailure | undefined;
};

export type TestRow = {
  readonly test: PageTest;
  readonly status: TestStatus;
  /** Name with the values that tell it from its siblings: `pays [viewport=phone]`. */
  readonly label: string;
  /** Of the attempt that decided. */
  readonly durationMs: number;
  readonly nodes: readonly string[];
  readonly trouble: Trouble | undefined;
};

/** Makes the row of a test. */
export function rowOf(test: PageTest): TestRow {
  const deciding = test.attempts.findLast(({ isCounted }) => isCounted) ?? test.attempts.at(-1);
  return {
    test,
    status: test.status,
    label: labelOf(test),
    durationMs: deciding?.durationMs ?? 0,
    nodes: [...new Set(test.attempts.map(({ node }) => node))],
    trouble: troubleOf(test),
  };
}

function labelOf(test: PageTest): string {
  const prefix = `${test.suite} › `;
  return test.key.startsWith(prefix) ? test.key.slice(prefix.length) : test.name;
}

/** The last attempt that went wrong: of a flaky test the one before it passed. */
function troubleOf(test: PageTest): Trouble | undefined {
  if (test.status === "passed" || test.status === "skipped") return undefined;
  const attempt =
    test.attempts.findLast(({ isCounted, status }) => isCounted && status !== "passed") ??
    test.attempts.findLast(({ status }) => status !== "passed");
  return attempt === undefined ? undefined : { attempt, ...failureOf(attempt) };
}

/** The step that failed the attempt, and the error to show: the step's own says where. */
export function failureOf(attempt: PageAttempt): Omit<Trouble, "attempt"> {
  const stepIndex = attempt.steps.findIndex(
    ({ status, isOptional }) => status === "lost" || (status === "failed" && !isOptional),
  );
  const step = attempt.steps[stepIndex];
  // Of soft failures the attempt's error names all.
  const error = (step?.isSoft === true ? attempt.error : step?.error) ?? attempt.error;
  return { step, stepNumber: stepIndex + 1, error };
}

/** Everything that a text filter looks at, in small letters; parts are kept apart by line ends. */
export function searchTextOf({ test, label }: TestRow): string {
  const errors = test.attempts.flatMap((attempt) => [
    attempt.error?.message,
    ...attempt.steps.map((step) => step.error?.message),
    ...attempt.steps.flatMap(({ children }) => children.map((child) => child.error?.message)),
  ]);
  const parts = [test.name, label, test.suite, test.file, test.reason, ...errors];
  return [...new Set(parts)]
    .filter((part) => part !== undefined)
    .join("\n")
    .toLowerCase();
}
