/** Sums counters of the gateway over its restarts: each process of it counts from 0. */
import { pause, systemClock } from "#shared/clock.ts";
import type { Cast } from "./cast.ts";
import { askApi } from "./load.ts";

export type Meter = {
  /** Reads them once; nothing when the gateway does not answer. */
  readonly read: () => Promise<void>;
  /** At least so many: what was counted between the last reading and a kill is not known. */
  readonly total: (name: string) => number;
  /** The last reading of a figure that goes up and down. */
  readonly last: (name: string) => number | undefined;
  readonly stop: () => void;
};

const EVERY_MS = 500;

/** Reads on until `stop`. */
export function startMeter(cast: Cast): Meter {
  const last = new Map<string, number>();
  const sums = new Map<string, number>();
  let lastPid: number | undefined;
  let isStopped = false;
  const read = async () => {
    const pid = cast.gatewayPid();
    const text = await askApi(cast, "/metrics");
    if (typeof text !== "string" || pid === undefined || pid !== cast.gatewayPid()) return;
    for (const [, name = "", value] of text.matchAll(/^(panoptic_\w+) (\S+)$/gm)) {
      const count = Number(value);
      const before = pid === lastPid ? (last.get(name) ?? 0) : 0;
      if (name.endsWith("_total")) sums.set(name, (sums.get(name) ?? 0) + count - before);
      last.set(name, count);
    }
    lastPid = pid;
  };
  const loop = async () => {
    while (!isStopped) {
      await read();
      await pause(systemClock, EVERY_MS);
    }
  };
  const reading = loop();
  reading.catch(() => undefined); // A reading that fails is made again when it matters.
  return {
    read,
    total: (name) => sums.get(name) ?? 0,
    last: (name) => last.get(name),
    stop: () => {
      isStopped = true;
    },
  };
}
