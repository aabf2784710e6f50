/** Pure: what the tests of a run need, made complete: each names its pool, and those of a group what the others need. */
import type { Needs, TestDefinition } from "#proto/test.ts";
import { DEFAULT_POOL, needsSignature } from "../scheduler/needs.ts";

type Asked = NonNullable<Needs["also"]>[number];

/** The tests with the pool that each is for: its own, else the run's, else `default`. */
export function withPools(
  definitions: readonly TestDefinition[],
  pool: string = DEFAULT_POOL,
): readonly TestDefinition[] {
  return definitions.map((one) =>
    one.needs.pool === undefined ? { ...one, needs: { ...one.needs, pool } } : one,
  );
}

/**
 * The tests with what the others of their group need beside their own: the first of a group goes only where all of it
 * can run. Those that are skipped need nothing.
 */
export function withGroupNeeds(definitions: readonly TestDefinition[]): readonly TestDefinition[] {
  const grouped = definitions.filter(({ schedule, skip }) => schedule?.group && skip === undefined);
  const members = Map.groupBy(grouped, ({ suite, schedule }) =>
    JSON.stringify([suite, schedule?.group?.name]),
  );
  const also = new Map<TestDefinition, Asked[]>();
  for (const tests of members.values()) {
    const distinct = new Map(tests.map((one) => [needsSignature(one), askedOf(one)]));
    if (distinct.size < 2) continue;
    for (const one of tests) {
      const others = new Map(distinct);
      others.delete(needsSignature(one));
      also.set(one, [...others.values()]);
    }
  }
  return definitions.map((one) => {
    const others = also.get(one);
    return others === undefined ? one : { ...one, needs: { ...one.needs, also: others } };
  });
}

function askedOf({ platform, needs: { also: _also, ...needs } }: TestDefinition): Asked {
  return { ...needs, platform };
}
