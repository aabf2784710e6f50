/** What a process and everything below it uses, as Linux tells in /proc; elsewhere nothing is known. */
import { readdir, readFile } from "node:fs/promises";

/** Of all processes of a tree together. */
export type TreeUsage = {
  /** Resident memory without what files share (RssAnon and shared memory), bytes: shared pages are counted once a process. */
  readonly memoryBytes: number;
  /** User and system time, those that ended and were waited for included, milliseconds in ticks of 10. */
  readonly cpuMs: number;
};

/** Linux counts in hundredths of a second on every architecture (USER_HZ). */
const MS_PER_TICK = 10;
const KIB = 1024;

/** Whether this machine tells what processes use. */
export const canMeasure = (): boolean => process.platform === "linux";

/** Looks once at several trees, one reading of /proc for all; a root that has ended uses nothing. Never throws. */
export async function measureTrees(rootPids: readonly number[]): Promise<readonly TreeUsage[]> {
  const seen = await readStats();
  const children = Map.groupBy(seen.values(), ({ parent }) => parent);
  return Promise.all(
    rootPids.map(async (rootPid) => {
      const root = seen.get(rootPid);
      const tree = root === undefined ? [] : [root, ...below(children, rootPid)];
      const sizes = await Promise.all(tree.map(({ pid }) => memoryBytesOf(pid)));
      return {
        memoryBytes: sizes.reduce((sum, size) => sum + size, 0),
        cpuMs: tree.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
      };
    }),
  );
}

type Stat = { readonly pid: number; readonly parent: number; readonly cpuMs: number };

function below(children: ReadonlyMap<number, readonly Stat[]>, pid: number): readonly Stat[] {
  return (children.get(pid) ?? []).flatMap((one) => [one, ...below(children, one.pid)]);
}

async function readStats(): Promise<ReadonlyMap<number, Stat>> {
  // Where there is no /proc there is nothing to see.
  const names = canMeasure() ? await readdir("/proc").catch(() => []) : [];
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number);
  const stats = await Promise.all(pids.map(readStat));
  return new Map(stats.flatMap((stat) => (stat === undefined ? [] : [[stat.pid, stat] as const])));
}

async function readStat(pid: number): Promise<Stat | undefined> {
  // It may end between the listing and the reading.
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  // The name in brackets may hold blanks: fields are counted behind it (proc(5)).
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  if (fields.length < 15) return undefined;
  const ticks = [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0);
  return { pid, parent: Number(fields[1]), cpuMs: ticks * MS_PER_TICK };
}

async function memoryBytesOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  const kib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text)?.[1] ?? 0);
  return (kib("RssAnon") + kib("RssShmem")) * KIB;
}
