/** Which of the expanded tests a person asked for. */
import type { TestDefinition } from "#proto/test.ts";
import { MeshError } from "#shared/errors.ts";
import type { TextPattern } from "#shared/pattern/text-pattern.ts";

export type TestSelection = {
  /** Only tests that carry one of these; empty or absent: all. */
  readonly tags?: readonly string[] | undefined;
  /** Only tests whose key matches; absent: all. */
  readonly grep?: TextPattern | undefined;
};

/** What all keys of a selection may cost together: about a second of whoever selects. */
const STEPS_MAX = 40_000_000;

/**
 * Keeps the tests that a selection names, in their order.
 *
 * @throws {MeshError} `usage` when the pattern would take too long on these keys.
 */
export function selectTests(
  tests: readonly TestDefinition[],
  selection: TestSelection,
): readonly TestDefinition[] {
  const { tags = [], grep } = selection;
  const budget = { stepsLeft: STEPS_MAX };
  return tests.filter((test) => {
    const isTagged = tags.length === 0 || tags.some((tag) => test.tags.includes(tag));
    if (!isTagged || grep === undefined) return isTagged;
    const answer = grep.test(test.key, budget);
    if (answer !== "undecided") return answer;
    throw new MeshError(
      "usage",
      `Cannot use grep: the pattern has too many ways to match ${tests.length} keys such as that of ${test.file}:${test.line}`,
    );
  });
}
