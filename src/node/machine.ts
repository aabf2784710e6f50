/** What this machine is and can do: found once at the start by doing it, and how busy it is now. */
import { statfsSync } from "node:fs";
import { arch, availableParallelism, freemem, loadavg, platform, release, totalmem } from "node:os";
import type { Capabilities, Heartbeat } from "#proto/hello.ts";
import { osFamilyOf } from "#shared/capability.ts";
import type { Clock } from "#shared/clock.ts";
import { messageOf } from "#shared/errors.ts";
import type { Log } from "#shared/log.ts";
import type { Driver } from "./drivers/driver.ts";

const PROBE_MS_MAX = 30_000;
const LOAD_KEPT_MS = 250;

/** What a person says of a node. */
export type Claims = {
  readonly labels?: readonly string[] | undefined;
  /** Absent: `default`. */
  readonly pool?: string | undefined;
};

export type Probing = {
  readonly capabilities: Promise<Capabilities>;
  /** Ends what the probes keep for slots that were never made. */
  readonly close: () => Promise<void>;
};

/** Lets every driver do its platform's work once, while the node does something else; what cannot be done says why. */
export function beginProbe(drivers: readonly Driver[], claims: Claims, log: Log): Probing {
  const capabilities = probeCapabilities(drivers, claims).then((found) => {
    for (const { platform, reason } of found.unable)
      log.warn("A platform cannot be run here", { platform, reason });
    return found;
  });
  const close = async () => {
    await capabilities;
    await Promise.all(drivers.map((driver) => driver.close?.()));
  };
  return { capabilities, close };
}

/** Lets every driver do its platform's work once; what cannot be done says why. */
export async function probeCapabilities(
  drivers: readonly Driver[],
  { labels = [], pool }: Claims,
): Promise<Capabilities> {
  const probes = await Promise.all(drivers.map(probe));
  const family = osFamilyOf(platform());
  return {
    able: probes.flatMap((found) => (found.kind === "able" ? [{ ...found.capability }] : [])),
    unable: probes.flatMap((found) =>
      found.kind === "unable"
        ? [{ platform: found.platform, reason: found.reason.slice(0, 2000) }]
        : [],
    ),
    labels: [...labels],
    os: `${platform()} ${release()}`,
    ...(family === undefined ? {} : { osFamily: family }),
    arch: arch(),
    cpuCount: cpuCount(),
    memoryBytes: totalmem(),
    ...(pool === undefined ? {} : { pool }),
  };
}

async function probe(driver: Driver) {
  try {
    return await driver.probe(PROBE_MS_MAX);
  } catch (thrown) {
    return { kind: "unable", platform: driver.platform, reason: messageOf(thrown) } as const;
  }
}

/** Processors that this process may use. More parallel browser contexts than these gain nothing (measured 2026-11). */
export const cpuCount = (): number => Math.max(1, availableParallelism());

/** Reads how busy the machine is, at most a few times a second: asked for each offer. */
export function createLoadReader(folder: string, clock: Clock): () => Heartbeat["load"] {
  return createKept(clock, () => ({
    cpu: loadavg()[0] ?? 0,
    freeMemoryBytes: freemem(),
    freeDiskBytes: freeBytesOf(folder),
  }));
}

/** What was read is good for a moment. */
export function createKept<T>(clock: Clock, read: () => T): () => T {
  let kept: { readonly value: T; readonly atMs: number } | undefined;
  return () => {
    const nowMs = clock.monotonicMs();
    if (kept === undefined || nowMs - kept.atMs >= LOAD_KEPT_MS)
      kept = { value: read(), atMs: nowMs };
    return kept.value;
  };
}

/** Bytes that this user may still write below a folder; 0 when it is gone. */
export function freeBytesOf(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    // Nothing can be written there.
    return 0;
  }
}
