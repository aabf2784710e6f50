/** Tests that become several: each has a key of its own, and one history. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { fanOut } from "#gateway/planning/fan-out.ts";
import type { TestDefinition } from "#proto/test.ts";
import { extendTestKey, testKey } from "#suite/test-key.ts";
import { definitionOf } from "../make.ts";

const none = () => [];

function made(
  tests: readonly TestDefinition[],
  more: { repeatCount?: number; nodesFor?: (test: TestDefinition) => readonly string[] } = {},
): readonly TestDefinition[] {
  const { repeatCount, nodesFor = none } = more;
  const out = fanOut({ tests, repeatCount, nodesFor });
  if (out.kind !== "made") throw new Error(`Not made: ${out.kind}`);
  return out.tests;
}

function named(name: string, more: Partial<TestDefinition> = {}): TestDefinition {
  return { ...definitionOf(0), suite: "s", name, key: testKey("s", name, {}), ...more };
}

test("fanOut() leaves alone what neither repeats nor runs on each node", () => {
  const tests = [named("a"), named("b", { schedule: { priority: 1 } })];
  expect(made(tests)).toEqual(tests);
});

test("fanOut() numbers all repetitions, the first one, too; their history is that of the test", () => {
  const repeats = made([named("a"), named("b")], { repeatCount: 2 });
  expect(repeats.map(({ key, historyKey, name }) => [key, historyKey, name])).toEqual([
    ["s › a [repeat=1]", "s › a", "a"],
    ["s › a [repeat=2]", "s › a", "a"],
    ["s › b [repeat=1]", "s › b", "b"],
    ["s › b [repeat=2]", "s › b", "b"],
  ]);
});

test("fanOut() makes one test for each node that fits, in the order of their names, and repeats those", () => {
  const each = named("a", { schedule: { each: "node", priority: 2 } });
  const nodesFor = () => ["lab-2", "lab-1", "lab-2"];
  const tests = made([each, named("b")], { nodesFor, repeatCount: 2 });
  expect(tests.map(({ key, historyKey, needs }) => [key, historyKey, needs.node])).toEqual([
    ["s › a [node=lab-1, repeat=1]", "s › a", "lab-1"],
    ["s › a [node=lab-1, repeat=2]", "s › a", "lab-1"],
    ["s › a [node=lab-2, repeat=1]", "s › a", "lab-2"],
    ["s › a [node=lab-2, repeat=2]", "s › a", "lab-2"],
    ["s › b [repeat=1]", "s › b", undefined],
    ["s › b [repeat=2]", "s › b", undefined],
  ]);
  expect(tests[0]?.schedule).toEqual({ priority: 2 });
});

test("fanOut() names the tests for each node of which there is none; one that is skipped stays as it is", () => {
  const each = named("a", { schedule: { each: "node" } });
  expect(fanOut({ tests: [each], repeatCount: undefined, nodesFor: none })).toEqual({
    kind: "nodeless",
    tests: [each],
  });
  const skipped = { ...each, skip: "not now" };
  expect(made([skipped])).toEqual([skipped]);
});

test("fanOut() makes a group of its own of each repetition: each runs in order by itself", () => {
  const group = { name: "g", isSerial: true };
  const tests = made([named("a", { schedule: { group } }), named("b", { schedule: { group } })], {
    repeatCount: 2,
  });
  expect(tests.map(({ schedule }) => schedule?.group?.name)).toEqual([
    "g [repeat=1]",
    "g [repeat=2]",
    "g [repeat=1]",
    "g [repeat=2]",
  ]);
});

test("fanOut() makes no more tests than a run may have", () => {
  const tests = Array.from({ length: 101 }, (_, index) => named(`t${index}`));
  const input = { tests, repeatCount: 1_000, nodesFor: none };
  expect(fanOut(input)).toEqual({ kind: "too_many", count: 101_000 });
});

const words = fc.string({ minLength: 1, maxLength: 80 });
const values = fc.dictionary(words, fc.oneof(words, fc.integer(), fc.boolean()), { maxKeys: 5 });

test("extendTestKey() gives different keys for different tests and numbers, whatever the values", () => {
  const place = fc.record({ name: words, values });
  fc.assert(
    fc.property(place, place, fc.tuple(fc.nat(3), fc.nat(3)), (a, b, [i, j]) => {
      const keyOf = (of: typeof a) => testKey("s", of.name, of.values);
      const extended = (of: typeof a, repeat: number) =>
        extendTestKey({ key: keyOf(of), suite: "s", name: of.name }, { repeat });
      fc.pre(keyOf(a) !== keyOf(b) || i !== j);
      expect(extended(a, i)).not.toBe(extended(b, j));
    }),
  );
});

test("extendTestKey() writes what testKey() would have written", () => {
  const plain = fc.dictionary(
    fc.stringMatching(/^[a-z]{1,8}$/).filter((name) => name !== "repeat"),
    fc.oneof(words, fc.integer()),
    {
      maxKeys: 5,
    },
  );
  fc.assert(
    fc.property(words, plain, fc.nat(9), (name, of, repeat) => {
      const key = testKey("s", name, of);
      expect(extendTestKey({ key, suite: "s", name }, { repeat })).toBe(
        testKey("s", name, { ...of, repeat }),
      );
    }),
  );
});
