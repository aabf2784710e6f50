/**
 * Holds running attempts to their limits and all of them together to the node's: their browsers' processes and their files are
 * measured twice a second while anything is limited. Over its own limit an attempt fails at the step that runs; over the node's,
 * the attempt that uses most of it is lost, and runs elsewhere.
 *
 * An attempt's memory and CPU are those of its slot's browser, the warm process included, so a limit below what an empty browser
 * needs (about 80 MiB) fails every attempt. Bursts shorter than a look are not seen.
 */
import type { AttemptLimits } from "#proto/evidence.ts";
import type { Clock } from "#shared/clock.ts";
import { excessOf, isLimiting, type Usage } from "./allowance.ts";
import { folderBytes } from "./folder-bytes.ts";
import { canMeasure, measureTrees } from "./process-tree.ts";

/** One attempt as the guard sees it. */
export type Guarded = {
  readonly limits: AttemptLimits | undefined;
  /** The root of its browser's processes; undefined: it has none here. */
  readonly rootPid: number | undefined;
  readonly folders: readonly string[];
  /** Told once: it used more than its own limit. */
  readonly onOwnExcess: (text: string) => void;
  /** Told once: the node's limit was reached, and it used most. */
  readonly onNodeExcess: (text: string) => void;
};

export type UsageGuard = {
  /** Whether all attempts together are held to something. */
  readonly isOfAll: boolean;
  /** Begins to look at an attempt, when anything is limited; what comes back ends it. */
  readonly watch: (guarded: Guarded) => () => void;
};

const LOOK_EVERY_MS = 500;
/** CPU is judged over so many looks: a page that loads may use all there is for a moment. */
const CPU_LOOKS = 10;

type Watched = {
  readonly guarded: Guarded;
  readonly cpu: { readonly atMs: number; readonly cpuMs: number }[];
  isOver: boolean;
};

/** Makes the guard of one node; without limits it looks at nothing. */
export function createUsageGuard(clock: Clock, allowance: AttemptLimits | undefined): UsageGuard {
  const watched = new Set<Watched>();
  let isLooking = false;
  const look = async () => {
    const all = [...watched];
    const usages = await measure(all, clock);
    judge(all, usages, allowance);
    isLooking = watched.size > 0;
    if (isLooking) lookSoon();
  };
  const lookSoon = () => void clock.after(LOOK_EVERY_MS, () => void look());
  const watch = (guarded: Guarded) => {
    const isMeasured = isLimiting(allowance) || isLimiting(guarded.limits);
    if (!isMeasured || !canMeasure()) return () => undefined;
    const one: Watched = { guarded, cpu: [], isOver: false };
    watched.add(one);
    if (!isLooking) lookSoon();
    isLooking = true;
    return () => void watched.delete(one);
  };
  return { isOfAll: isLimiting(allowance), watch };
}

async function measure(all: readonly Watched[], clock: Clock): Promise<readonly Usage[]> {
  const roots = [...new Set(all.flatMap(({ guarded: { rootPid } }) => rootPid ?? []))];
  const trees = new Map((await measureTrees(roots)).map((tree, index) => [roots[index], tree]));
  return Promise.all(
    all.map(async (one) => {
      const tree = trees.get(one.guarded.rootPid);
      const sizes = await Promise.all(one.guarded.folders.map(folderBytes));
      return {
        memoryBytes: tree?.memoryBytes ?? 0,
        diskBytes: sizes.reduce((sum, size) => sum + size, 0),
        cpuShare: tree && shareOf(one, { atMs: clock.monotonicMs(), cpuMs: tree.cpuMs }),
      };
    }),
  );
}

/** CPU time by wall time since the oldest look that counts; undefined before there are enough. */
function shareOf({ cpu }: Watched, now: Watched["cpu"][number]): number | undefined {
  cpu.push(now);
  if (cpu.length <= CPU_LOOKS) return undefined;
  const oldest = cpu.shift();
  return oldest && Math.max(0, now.cpuMs - oldest.cpuMs) / Math.max(1, now.atMs - oldest.atMs);
}

function judge(
  all: readonly Watched[],
  usages: readonly Usage[],
  allowance: AttemptLimits | undefined,
): void {
  for (const [index, one] of all.entries()) {
    const usage = usages[index];
    const { limits, onOwnExcess } = one.guarded;
    const excess = usage && isLimiting(limits) ? excessOf(usage, limits) : undefined;
    if (excess === undefined || one.isOver) continue;
    one.isOver = true;
    onOwnExcess(`The attempt used more than its limit of ${excess}`);
  }
  if (!isLimiting(allowance)) return;
  const excess = excessOf(together(usages), allowance);
  const [most] = all
    .map((one, index) => ({ one, usage: usages[index] }))
    .filter(({ one }) => !one.isOver)
    .sort((a, b) => weightOf(b.usage, allowance) - weightOf(a.usage, allowance));
  if (excess === undefined || most === undefined) return;
  most.one.isOver = true;
  most.one.guarded.onNodeExcess(`The node's attempts used more than its limit of ${excess}`);
}

function together(usages: readonly Usage[]): Usage {
  const sum = (of: (usage: Usage) => number) =>
    usages.reduce((total, usage) => total + of(usage), 0);
  return {
    memoryBytes: sum(({ memoryBytes }) => memoryBytes),
    diskBytes: sum(({ diskBytes }) => diskBytes),
    cpuShare: sum(({ cpuShare = 0 }) => cpuShare),
  };
}

/** How large a part of the node's limits one attempt uses. */
function weightOf(usage: Usage | undefined, allowance: AttemptLimits): number {
  if (usage === undefined) return 0;
  const part = (used: number, limit: number | undefined) =>
    limit === undefined ? 0 : used / limit;
  return Math.max(
    part(usage.memoryBytes, allowance.memoryBytes),
    part(usage.diskBytes, allowance.diskBytes),
    part(usage.cpuShare ?? 0, allowance.cpuShare),
  );
}
