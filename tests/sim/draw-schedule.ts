/** What the tests and runs of a seed say of when and beside what they run (proto/schedule.ts, RunOptions). */
import type { RunOptions } from "#proto/api.ts";
import type { Schedule } from "#proto/schedule.ts";
import type { TestDefinition } from "#proto/test.ts";
import type { Random } from "./random.ts";

export const SCHEDULES_ARE_DRAWN = true;

/** Of the whole mesh: tests of all runs of a seed meet at them. */
const LOCKS = [
  { name: "database", limit: 1 },
  { name: "device", limit: 1 },
  { name: "mailbox", limit: 2 },
] as const;

/** Gives some tests a group, locks, others to come after, a priority: each kind in some runs only. */
export function drawSchedules(
  definitions: readonly TestDefinition[],
  random: Random,
): readonly TestDefinition[] {
  const groups = random.chance(0.5) ? drawGroups(definitions.length, random) : [];
  const chances = {
    lock: random.pick([0, 0.15, 0.5]),
    after: random.pick([0, 0, 0.3]),
    priority: random.pick([0, 0, 0.3]),
  };
  const drawn = definitions.map((definition, index) => {
    const group = groups[index];
    const earlier = definitions.slice(0, index).map(({ name }) => name);
    const schedule: Schedule = {
      ...(group === undefined ? {} : { group }),
      ...(random.chance(chances.lock) ? { locks: drawLocks(laneOf(index), random) } : {}),
      ...(index > 0 && random.chance(chances.after) ? { after: drawAfter(earlier, random) } : {}),
      ...(random.chance(chances.priority) ? { priority: random.int(-2, 2) } : {}),
    };
    if (Object.keys(schedule).length === 0) return definition;
    // One node runs the whole group, so each of its tests needs what all need.
    const plain = group === undefined ? {} : { platform: "http" as const, needs: { labels: [] } };
    return { ...definition, ...plain, schedule };
  });
  const frames = random.fork("frames");
  return frames.chance(0.3) ? drawFrames(drawn, frames) : drawn;
}

/** The first test of a run is once before all others, the last one once after them, or both. */
function drawFrames(drawn: readonly TestDefinition[], random: Random): readonly TestDefinition[] {
  const isOpened = random.chance(0.7);
  return drawn.map((definition, index) => {
    const { group: _none, after: _neither, ...schedule } = definition.schedule ?? {};
    if (index === 0 && isOpened)
      return { ...definition, schedule: { ...schedule, role: "beforeAll" } };
    const isLast = index > 0 && index === drawn.length - 1;
    return isLast ? { ...definition, schedule: { ...schedule, role: "afterAll" } } : definition;
  });
}

/** By index of the test; undefined: of no group. */
function drawGroups(count: number, random: Random): Schedule["group"][] {
  const groups: Schedule["group"][] = [];
  while (groups.length < count) {
    const size = random.int(1, 5);
    const isGroup = random.chance(0.5);
    const group = { name: `g${groups.length}`, isSerial: random.chance(0.5) };
    for (let left = size; left > 0; left -= 1) groups.push(isGroup ? group : undefined);
  }
  return groups.slice(0, count);
}

/** More tests than this one by one take hours of any mesh. */
const IN_ORDER_MAX = 200;

/** Beyond the tests of a usual world a lock is that of some tens of tests. */
const laneOf = (testIndex: number): number =>
  testIndex < IN_ORDER_MAX ? 0 : Math.floor(testIndex / 40);

function drawLocks(lane: number, random: Random): { name: string; limit: number }[] {
  const first = random.pick(LOCKS);
  const second = random.pick(LOCKS);
  // Where tests disagree, the least counts.
  const limit = first.name === "mailbox" && random.chance(0.3) ? 3 : first.limit;
  const isPair = first.name !== second.name && random.chance(0.3);
  const named = (name: string) => (lane === 0 ? name : `${name}-${lane}`);
  const drawn = [{ name: first.name, limit }, ...(isPair ? [{ ...second }] : [])];
  return drawn.map((lock) => ({ ...lock, name: named(lock.name) }));
}

function drawAfter(earlier: readonly string[], random: Random): string[] {
  const near = earlier.slice(-6);
  return [...new Set(Array.from({ length: random.int(1, 2) }, () => random.pick(near)))];
}

type Drawn = { readonly testCount: number; readonly isEqual: boolean };

/** A run's part of the mesh; runs that are compared have weights only. */
export function drawRunShare({ testCount, isEqual }: Drawn, random: Random): Partial<RunOptions> {
  if (!SCHEDULES_ARE_DRAWN) return {};
  const lanes = Math.ceil(testCount / IN_ORDER_MAX);
  const weight = random.chance(0.6) ? { weight: random.pick([0.5, 1, 2, 3]) } : {};
  if (isEqual) return weight;
  return {
    ...weight,
    ...(random.chance(0.3) ? { priority: random.pick([-1, 0, 5]) } : {}),
    ...(random.chance(0.5) ? { project: random.pick(["a", "b"]) } : {}),
    ...(random.chance(0.15) ? { maxInFlight: lanes * random.int(1, 4) } : {}),
    ...(random.chance(0.15) ? { maxFailures: random.int(1, 3) } : {}),
    ...(random.chance(0.05) ? { minNodes: random.int(1, 2) } : {}),
  };
}
