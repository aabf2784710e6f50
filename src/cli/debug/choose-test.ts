/** P: the one test that `--debug` stops in. */
import type { PlannedStep, TestDefinition } from "#proto/test.ts";
import { MeshError } from "#shared/errors.ts";

const SHOWN_MAX = 5;

/**
 * The test that was meant: the only one beside what is once around all tests of its suite, or the one that has the line.
 *
 * @throws {MeshError} `usage` when that is none or several.
 */
export function chooseDebugged(
  tests: readonly TestDefinition[],
  line: number | undefined,
): TestDefinition {
  const meant =
    line === undefined
      ? tests.filter((test) => !isAround(test))
      : tests.filter((test) => holdsLine(test, line));
  const [first] = meant;
  if (first === undefined)
    throw new MeshError(
      "usage",
      `Cannot use --debug ${line}: no step of a selected test stands there`,
    );
  // The tests of one row or combination each differ in nothing that a line could tell.
  const isOne = meant.every((test) => test.file === first.file && test.line === first.line);
  if (line === undefined ? meant.length === 1 : isOne) return first;
  const keys = meant.slice(0, SHOWN_MAX).map(({ key }) => `  ${key}`);
  const more = meant.length > SHOWN_MAX ? [`  … and ${meant.length - SHOWN_MAX} more`] : [];
  throw new MeshError(
    "usage",
    [
      `Cannot use --debug with ${meant.length} tests: choose one by --grep or by its line, or use --debug-on-failure`,
      ...keys,
      ...more,
    ].join("\n"),
  );
}

/** Whether it is `beforeAll` or `afterAll`, which come along with any test of their suite. */
export const isAround = ({ schedule }: TestDefinition): boolean => schedule?.role !== undefined;

/** From the test's own line to that of its last step; `beforeEach` may stand anywhere. */
function holdsLine(test: TestDefinition, line: number): boolean {
  const main = test.steps.filter(({ phase }) => phase === "main").flatMap(linesOf);
  if (test.line <= line && line <= Math.max(0, ...main)) return true;
  return test.steps.flatMap(linesOf).includes(line);
}

function linesOf({ line, file, blocks = {} }: PlannedStep): number[] {
  const own = file === undefined ? [line] : [];
  return [...own, ...Object.values(blocks).flat().flatMap(linesOf)];
}
