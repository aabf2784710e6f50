/** Which platforms this program drives. A new platform is a folder beside `web` and `http`, and a line here. */
import type { Driver } from "./driver.ts";
import { createHttpDriver } from "./http/driver.ts";
import { createWebDriver } from "./web/driver.ts";

export type DriversOptions = {
  /** The browser to use; absent: the first that is found. */
  readonly browserPath?: string | undefined;
  /** The ffmpeg to make films with; absent: the first that is found. */
  readonly ffmpegPath?: string | undefined;
  /** The value of PATH, searched after the usual places. */
  readonly searchPath?: string | undefined;
};

/** Makes all drivers; each loads what it needs at its first use. */
export function createDrivers(options: DriversOptions = {}): readonly Driver[] {
  return [createWebDriver(options), createHttpDriver()];
}
