/** Which platforms this program drives. A new platform is a folder beside `web` and `http`, and a line here. */
import { systemClock } from "#shared/clock.ts";
import type { Log } from "#shared/log.ts";
import type { Driver } from "./driver.ts";
import { createHttpDriver } from "./http/driver.ts";
import { createWebDriver, type PoolOptions } from "./web/driver.ts";
import { DEFAULT_POOL, type PoolPolicy } from "./web/pool/pool-policy.ts";

export type DriversOptions = {
  /** The browser to use; absent: the first that is found. */
  readonly browserPath?: string | undefined;
  /** The ffmpeg to make films with; absent: the first that is found. */
  readonly ffmpegPath?: string | undefined;
  /** The value of PATH, searched after the usual places. */
  readonly searchPath?: string | undefined;
  /** How browsers are kept; absent: only while something uses them. */
  readonly browsers?: PoolPolicy | undefined;
  /** Hears when a browser is replaced. */
  readonly log?: Log | undefined;
};

/** Makes all drivers; each loads what it needs at its first use. */
export function createDrivers(options: DriversOptions = {}): readonly Driver[] {
  return [createWebDriver(options, systemClock, poolOf(options)), createHttpDriver()];
}

/** The drivers of a node that stays: its browsers are kept for the attempts to come. */
export function createNodeDrivers(options: DriversOptions, log: Log): readonly Driver[] {
  const { browserPath, ffmpegPath, searchPath, browsers = DEFAULT_POOL } = options;
  return createDrivers({ browserPath, ffmpegPath, searchPath, browsers, log });
}

function poolOf({ browsers, log }: DriversOptions): PoolOptions | undefined {
  if (browsers === undefined) return undefined;
  const onReplaced = (reason: string) => log?.info("A browser is replaced", { reason });
  return { policy: browsers, onReplaced };
}
