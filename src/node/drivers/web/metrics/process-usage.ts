/** CPU time and memory of the browser's processes, as Chromium and, on Linux, the kernel tell them. */
import { readFile } from "node:fs/promises";
import type { Browser, CDPSession } from "playwright-core";
import type { Clock } from "#shared/clock.ts";
import { answerOf } from "./answer-of.ts";

export type ProcessUsage = {
  /** `browser`, `renderer`, `GPU`, `network.mojom.NetworkService` … */
  readonly type: string;
  readonly pid: number;
  /** Since the watch began: a warm browser's own past is not this attempt's. */
  readonly cpuMs: number;
  /** The most that was seen; undefined where the system does not tell. */
  readonly rssBytesMax?: number;
};

export type UsageWatch = {
  /** Looks once; never throws. */
  readonly sample: () => Promise<UsageSample | undefined>;
  readonly processes: () => readonly ProcessUsage[];
  readonly close: () => Promise<void>;
};

/** Of all processes together. */
export type UsageSample = { readonly cpuMs: number; readonly rssBytes?: number };

type Seen = { type: string; firstMs: number; lastMs: number; rssBytesMax: number | undefined };

/** Begins to watch a browser's processes. */
export async function watchUsage(browser: Browser, clock: Clock): Promise<UsageWatch> {
  const control = await browser.newBrowserCDPSession();
  const seen = new Map<number, Seen>();
  let isFirst = true;
  const sample = async () => {
    const processInfo = await readProcesses(control, clock);
    if (processInfo === undefined) return undefined;
    const sizes = await Promise.all(processInfo.map(({ id }) => residentBytes(id)));
    for (const [index, { id, type, cpuTime }] of processInfo.entries()) {
      const nowMs = cpuTime * 1000;
      const known = seen.get(id) ?? {
        ...{ type, lastMs: nowMs, rssBytesMax: undefined },
        // A process that came later began with this attempt.
        firstMs: isFirst ? nowMs : 0,
      };
      const size = sizes[index];
      const rssBytesMax = size && Math.max(size, known.rssBytesMax ?? 0);
      seen.set(id, { ...known, lastMs: nowMs, rssBytesMax: rssBytesMax ?? known.rssBytesMax });
    }
    isFirst = false;
    const told = sizes.filter((size) => size !== undefined);
    const rssBytes = told.reduce((sum, size) => sum + size, 0);
    const cpuMs = [...seen.values()].reduce((sum, one) => sum + one.lastMs - one.firstMs, 0);
    return { cpuMs: Math.round(cpuMs), ...(told.length > 0 && { rssBytes }) };
  };
  const processes = () =>
    [...seen].map(([pid, { type, firstMs, lastMs, rssBytesMax }]) => ({
      ...{ type, pid, cpuMs: Math.round(lastMs - firstMs) },
      ...(rssBytesMax !== undefined && { rssBytesMax }),
    }));
  // A browser that is gone is watched no more.
  const close = () => control.detach().catch(() => undefined);
  return { sample, processes, close };
}

type ProcessInfo = { readonly id: number; readonly type: string; readonly cpuTime: number };

async function readProcesses(
  control: CDPSession,
  clock: Clock,
): Promise<readonly ProcessInfo[] | undefined> {
  return (await answerOf(control.send("SystemInfo.getProcessInfo"), clock))?.processInfo;
}

/** Undefined where there is no /proc, or the process is gone. */
async function residentBytes(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}
