/**
 * What a tree of processes costs, read from Linux's /proc: CPU time of all of them, those included that ended and were
 * waited for, and the memory that they have together. 0 without /proc.
 */
import { readdirSync, readFileSync } from "node:fs";
import { cpus } from "node:os";

const MS_PER_TICK = 10;
const LOOK_EVERY_MS = 250;

/** User and system time of a process and of everything below it, milliseconds in ticks of 10. */
export function treeCpuMs(rootPid: number): number {
  const ticks = (fields: readonly string[]) =>
    // utime, stime and the same of children that were waited for (proc(5)).
    [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index] ?? 0), 0);
  return treeOf(rootPid).reduce((sum, { fields }) => sum + ticks(fields), 0) * MS_PER_TICK;
}

/** Proportional memory (PSS) of a process and of everything below it, bytes: what they share is counted once. */
export function treeMemoryBytes(rootPid: number): number {
  return treeOf(rootPid).reduce((sum, { pid }) => sum + pssBytesOf(pid), 0);
}

/** Watches the CPU time of a tree until `stop`, which gives the most that was seen: what outlives its parent is in it. */
export function watchTreeCpu(rootPid: number): { readonly stop: () => number } {
  let most = 0;
  const look = () => {
    most = Math.max(most, treeCpuMs(rootPid));
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  return {
    stop: () => {
      clearInterval(timer);
      look();
      return most;
    },
  };
}

/** Share of all processors that was busy since `before` was read, 0 to 1: of this command and of everything else. */
export function machineBusy(before: readonly number[]): number {
  const [idle = 0, all = 1] = machineTicks().map((ticks, index) => ticks - (before[index] ?? 0));
  return 1 - idle / all;
}

/** Idle ticks and all ticks of the machine so far. */
export function machineTicks(): readonly [idle: number, all: number] {
  const times = cpus().map((cpu) => cpu.times);
  const idle = times.reduce((sum, { idle: one }) => sum + one, 0);
  const all = times.reduce(
    (sum, one) => sum + one.user + one.nice + one.sys + one.idle + one.irq,
    0,
  );
  return [idle, all];
}

type Seen = { readonly pid: number; readonly parent: number; readonly fields: readonly string[] };

function treeOf(rootPid: number): readonly Seen[] {
  const names = process.platform === "linux" ? readdirSync("/proc") : [];
  const seen = names.filter((name) => /^\d+$/.test(name)).map((name) => statOf(Number(name)));
  const children = Map.groupBy(seen, ({ parent }) => parent);
  const below = (pid: number): Seen[] =>
    (children.get(pid) ?? []).flatMap((one) => [one, ...below(one.pid)]);
  return [...seen.filter(({ pid }) => pid === rootPid), ...below(rootPid)];
}

function statOf(pid: number): Seen {
  // The name in brackets may hold blanks: fields are counted behind it.
  const stat = readOrNothing(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { pid, parent: Number(fields[1] ?? 0), fields };
}

function pssBytesOf(pid: number): number {
  const kib = /^Pss:\s+(\d+)/m.exec(readOrNothing(`/proc/${pid}/smaps_rollup`))?.[1];
  return Number(kib ?? 0) * 1024;
}

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // it ended meanwhile
  }
}
