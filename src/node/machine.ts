/** What this machine is and can do: found once at the start by doing it, and how busy it is now. */
import { statfsSync } from "node:fs";
import { arch, availableParallelism, freemem, loadavg, platform, release, totalmem } from "node:os";
import type { Capabilities, Heartbeat } from "#proto/hello.ts";
import type { Clock } from "#shared/clock.ts";
import { messageOf } from "#shared/errors.ts";
import type { Driver } from "./drivers/driver.ts";

const PROBE_MS_MAX = 30_000;
const LOAD_KEPT_MS = 250;

/** Lets every driver do its platform's work once; what cannot be done says why. */
export async function probeCapabilities(
  drivers: readonly Driver[],
  labels: readonly string[],
): Promise<Capabilities> {
  const probes = await Promise.all(drivers.map(probe));
  return {
    able: probes.flatMap((found) => (found.kind === "able" ? [{ ...found.capability }] : [])),
    unable: probes.flatMap((found) =>
      found.kind === "unable"
        ? [{ platform: found.platform, reason: found.reason.slice(0, 2000) }]
        : [],
    ),
    labels: [...labels],
    os: `${platform()} ${release()}`,
    arch: arch(),
    cpuCount: cpuCount(),
    memoryBytes: totalmem(),
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
  let kept: Heartbeat["load"] | undefined;
  let readAtMs = Number.NEGATIVE_INFINITY;
  return () => {
    if (kept !== undefined && clock.monotonicMs() - readAtMs < LOAD_KEPT_MS) return kept;
    readAtMs = clock.monotonicMs();
    const disk = statfsSync(folder);
    kept = {
      cpu: loadavg()[0] ?? 0,
      freeMemoryBytes: freemem(),
      freeDiskBytes: disk.bavail * disk.bsize,
    };
    return kept;
  };
}
