/**
 * CPU time of a command by process: its own and that of everything it started, read from Linux's /proc while it runs.
 * In ticks of 10 ms, so only sums over seconds mean something; a process that lives shorter than a look is not seen.
 */
import { readdirSync, readFileSync } from "node:fs";
import { systemClock } from "#shared/clock.ts";
import { cpuMsOf } from "./fleet/process-cost.ts";

export type ProcessTimes = {
  /** What people call it: from its command line. */
  readonly name: string;
  /** CPU milliseconds so far at each look, oldest first. */
  readonly looks: readonly { readonly wallMs: number; readonly cpuMs: number }[];
};

type Watched = { readonly name: string; readonly looks: { wallMs: number; cpuMs: number }[] };

const LOOK_EVERY_MS = 50;
/** Looking for new processes reads all of the machine's: every so many looks. */
const LOOKS_A_SEARCH = 10;

/** Looks at a process and its descendants until `stop`. Elsewhere than on Linux nothing is seen. */
export function watchProcesses(rootPid: number): { readonly stop: () => readonly ProcessTimes[] } {
  const watched = new Map<number, Watched>();
  let lookCount = 0;
  const look = () => {
    if (lookCount % LOOKS_A_SEARCH === 0) {
      for (const pid of descendantsOf(rootPid))
        if (!watched.has(pid)) watched.set(pid, { name: nameOf(pid), looks: [] });
    }
    lookCount += 1;
    const wallMs = systemClock.wallMs();
    for (const [pid, { looks }] of watched) {
      const cpuMs = cpuMsOf(pid);
      if (cpuMs > 0) looks.push({ wallMs, cpuMs });
    }
  };
  look();
  const timer = setInterval(look, LOOK_EVERY_MS);
  return {
    stop: () => {
      clearInterval(timer);
      return [...watched.values()];
    },
  };
}

/** CPU milliseconds of a process between two moments of the wall clock, between looks in proportion. */
export function cpuWithin({ looks }: ProcessTimes, fromMs: number, toMs: number): number {
  return cpuAt(looks, toMs) - cpuAt(looks, fromMs);
}

function cpuAt(looks: ProcessTimes["looks"], atMs: number): number {
  const next = looks.findIndex(({ wallMs }) => wallMs >= atMs);
  const after = looks[next];
  if (after === undefined) return looks.at(-1)?.cpuMs ?? 0;
  const before = looks[next - 1];
  if (before === undefined) return after.cpuMs;
  const share = (atMs - before.wallMs) / (after.wallMs - before.wallMs);
  return before.cpuMs + share * (after.cpuMs - before.cpuMs);
}

function descendantsOf(rootPid: number): number[] {
  const pids = readdirSync("/proc").map(Number).filter(Number.isInteger);
  const parents = new Map(pids.map((pid) => [pid, parentOf(pid)]));
  const isOurs = (pid: number): boolean => {
    const parent = parents.get(pid) ?? 0;
    return pid === rootPid || (parent > 1 && isOurs(parent));
  };
  return pids.filter(isOurs);
}

function parentOf(pid: number): number {
  const text = readOrNothing(`/proc/${pid}/stat`);
  // The name in brackets may hold anything; what follows it is numbers (proc(5)).
  return Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[1] ?? 0);
}

function nameOf(pid: number): string {
  const words = readOrNothing(`/proc/${pid}/cmdline`).split("\0");
  if (words.some((word) => word.includes("nats-server")) && !words[0]?.endsWith("sh"))
    return "nats-server";
  const name = words.indexOf("--name");
  if (words.includes("node") && name >= 0) return words[name + 1] ?? "node";
  return words.includes("run") ? "cli and gateway" : "other";
}

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // it ended between two reads
  }
}
