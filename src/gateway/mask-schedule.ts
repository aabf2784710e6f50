/**
 * What tests say of one another (`after`, groups, locks) in names without secrets (K1). Pure. Each test is masked by
 * what it knows itself, so a name is looked up as others know it: who waits still waits for the same tests, and what
 * shared a group or a lock still does.
 */
import type { Schedule } from "#proto/schedule.ts";
import type { TestDefinition } from "#proto/test.ts";

export type MaskedTest = {
  readonly test: TestDefinition;
  /** The same, with all but its schedule masked. */
  readonly shown: TestDefinition;
  /** Masks what this test knows to be secret. */
  readonly text: (shown: string) => string;
};

/** Masks their schedules, of all tests of a run together; in their order. */
export function maskSchedules(masked: readonly MaskedTest[]): readonly TestDefinition[] {
  if (masked.every(({ test }) => test.schedule === undefined))
    return masked.map(({ shown }) => shown);
  const names = namesOf(masked);
  const [groups, locks] = [new Map<string, string>(), new Map<string, string>()];
  for (const { test, text } of masked) {
    const { group, locks: held = [] } = test.schedule ?? {};
    if (group !== undefined) groups.set(group.name, text(groups.get(group.name) ?? group.name));
    for (const { name } of held) locks.set(name, text(locks.get(name) ?? name));
  }
  return masked.map(({ test, shown }) => {
    const { schedule } = test;
    if (schedule === undefined) return shown;
    const { after, group, locks: held } = schedule;
    const known = (name: string) => [...(names.get(nameOf(test.suite, name)) ?? [])];
    return {
      ...shown,
      schedule: {
        ...schedule,
        ...(after && { after: [...new Set(after.flatMap(known))] }),
        ...(group && { group: { ...group, name: groups.get(group.name) ?? group.name } }),
        ...(held && { locks: distinct(held, locks) }),
      },
    };
  });
}

/** What the tests of each name are called now: of several rows, several names. */
function namesOf(masked: readonly MaskedTest[]): ReadonlyMap<string, ReadonlySet<string>> {
  const names = new Map<string, Set<string>>();
  for (const { test, shown } of masked) {
    const known = names.get(nameOf(test.suite, test.name)) ?? new Set();
    names.set(nameOf(test.suite, test.name), known.add(shown.name));
  }
  return names;
}

const nameOf = (suite: string, name: string): string => JSON.stringify([suite, name]);

/** Two locks whose masked names are one are one: tests wait rather than meet. */
function distinct(held: NonNullable<Schedule["locks"]>, names: ReadonlyMap<string, string>) {
  const locks = new Map(held.map((lock) => [names.get(lock.name) ?? lock.name, lock.limit]));
  return [...locks].map(([name, limit]) => ({ name, limit }));
}
