/** Locks by their limits, all free at first: a turn without a mesh. */
import type { AssignInput } from "#gateway/scheduler/assign.ts";

/** Counts what is taken within one turn. */
export function freeLocks(): AssignInput["locks"] {
  const counts = new Map<string, number>();
  return {
    isFree: ({ locks }) => locks.every(({ name, limit }) => (counts.get(name) ?? 0) < limit),
    take: (locks) => {
      for (const { name } of locks) counts.set(name, (counts.get(name) ?? 0) + 1);
    },
  };
}
