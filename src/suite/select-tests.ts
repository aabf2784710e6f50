/** Which of the expanded tests a person asked for. */
import type { TestDefinition } from "#proto/test.ts";

export type TestSelection = {
  /** Only tests that carry one of these; empty or absent: all. */
  readonly tags?: readonly string[] | undefined;
  /** Only tests whose key matches; absent: all. */
  readonly grep?: RegExp | undefined;
};

/** Keeps the tests that a selection names, in their order. */
export function selectTests(
  tests: readonly TestDefinition[],
  selection: TestSelection,
): readonly TestDefinition[] {
  const { tags = [], grep } = selection;
  return tests.filter((test) => {
    const isTagged = tags.length === 0 || tags.some((tag) => test.tags.includes(tag));
    // `search` keeps no place between tests, as `test` would with the flag g.
    return isTagged && (grep === undefined || test.key.search(grep) !== -1);
  });
}
