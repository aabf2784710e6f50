/** The `http` platform: nothing to start, nothing to keep warm. */
import { type Clock, systemClock } from "#shared/clock.ts";
import type { Driver } from "../driver.ts";
import { createHttpSession } from "./session.ts";

/** Makes the driver of platform `http`, which every machine can do. */
export function createHttpDriver(clock: Clock = systemClock): Driver {
  return {
    platform: "http",
    probe: async () => ({ kind: "able", capability: { platform: "http" } }),
    createSlot: () => ({
      open: async (options) => createHttpSession(options, clock),
      close: async () => undefined,
    }),
  };
}
