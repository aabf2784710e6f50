/**
 * Pure: one test of a suite becomes several of a run: one for each node (`each: node`), each so many times
 * (`--repeat-each`). Each is a test of its own, with its own key; their history is one.
 */
import type { TestDefinition } from "#proto/test.ts";
import { byCodeUnit } from "#suite/reading/order.ts";
import { TESTS_PER_RUN_MAX } from "#suite/source.ts";
import { extendTestKey } from "#suite/test-key.ts";

export type FanOutInput = {
  readonly tests: readonly TestDefinition[];
  /** How often each test runs; 1: as it is. */
  readonly repeatCount: number | undefined;
  /** Names of the nodes that are there and have what the test needs. */
  readonly nodesFor: (test: TestDefinition) => readonly string[];
};

export type FannedOut =
  | { readonly kind: "made"; readonly tests: readonly TestDefinition[] }
  /** Tests for each node of which no node is there. */
  | { readonly kind: "nodeless"; readonly tests: readonly TestDefinition[] }
  | { readonly kind: "too_many"; readonly count: number };

/** @returns The tests in the order of their suites; those of one test side by side, by node, then by number. */
export function fanOut({ tests, repeatCount, nodesFor }: FanOutInput): FannedOut {
  const nodeless: TestDefinition[] = [];
  const perNode: TestDefinition[] = [];
  for (const test of tests) {
    if (test.schedule?.each !== "node" || test.skip !== undefined) {
      perNode.push(test);
      continue;
    }
    const names = [...new Set(nodesFor(test))].toSorted(byCodeUnit);
    if (names.length === 0) nodeless.push(test);
    for (const name of names) perNode.push(onNode(test, name));
    if (perNode.length > TESTS_PER_RUN_MAX) return { kind: "too_many", count: perNode.length };
  }
  if (nodeless.length > 0) return { kind: "nodeless", tests: nodeless };
  const onceCount = perNode.filter(isOnce).length;
  const count = (perNode.length - onceCount) * (repeatCount ?? 1) + onceCount;
  if (count > TESTS_PER_RUN_MAX) return { kind: "too_many", count };
  if (repeatCount === undefined) return { kind: "made", tests: perNode };
  return {
    kind: "made",
    tests: perNode.flatMap((test) => (isOnce(test) ? [test] : repeated(test, repeatCount))),
  };
}

/** What is before or after all tests of a suite is once, however often those run. */
const isOnce = ({ schedule }: TestDefinition): boolean => schedule?.role !== undefined;

function onNode(test: TestDefinition, node: string): TestDefinition {
  const { each: _done, ...schedule } = test.schedule ?? {};
  const made = variantOf({ ...test, schedule }, { name: "node", value: node });
  return { ...made, needs: { ...test.needs, node } };
}

function repeated(test: TestDefinition, count: number): readonly TestDefinition[] {
  return Array.from({ length: count }, (_, index) =>
    variantOf(test, { name: "repeat", value: index + 1 }),
  );
}

/** A group runs on one node and in order: each variant of it is a group of its own. */
function variantOf(
  test: TestDefinition,
  { name, value }: { readonly name: string; readonly value: string | number },
): TestDefinition {
  const group = test.schedule?.group;
  return {
    ...test,
    key: extendTestKey(test, { [name]: value }),
    historyKey: test.historyKey ?? test.key,
    ...(group === undefined
      ? {}
      : {
          schedule: {
            ...test.schedule,
            group: { ...group, name: `${group.name} [${name}=${value}]` },
          },
        }),
  };
}
