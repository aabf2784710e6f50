/**
 * The real executor: performs attempts in slots. Each slot has a lasting part of each platform's driver, made at its
 * first use and replaced when it hangs. Which lease runs in which slot is the board's.
 */
import type { Platform } from "#proto/test.ts";
import { messageOf } from "#shared/errors.ts";
import type { Driver, DriverSlot } from "../drivers/driver.ts";
import type { AttemptWork, EndReason, Executor } from "../membership/executor.ts";
import type { NodeAllowance } from "../usage/allowance.ts";
import { limitSession } from "../usage/limited-session.ts";
import { createUsageGuard } from "../usage/usage-guard.ts";
import { waitAtMost } from "./attempt.ts";
import { Logins } from "./logins.ts";
import { type AttemptParts, runAttempt } from "./run-attempt.ts";

export type SlotsOptions = Omit<AttemptParts, "open" | "replaceDriver" | "endSignal" | "logins"> & {
  readonly drivers: readonly Driver[];
  /** What all attempts together may use; absent: whatever there is. */
  readonly allowance?: NodeAllowance | undefined;
  /** An attempt could not even be ended: a fault of ours. */
  readonly onFault: (thrown: unknown) => void;
};

export type Slots = Executor & {
  /** Releases all drivers, each within `driverCloseMs`. */
  readonly close: () => Promise<void>;
};

export function createSlots(options: SlotsOptions): Slots {
  const logins = new Logins(options.clock);
  const driverSlots = new Map<string, DriverSlot>();
  const guard = createUsageGuard(options.clock, options.allowance);
  const keyOf = (slotIndex: number, platform: Platform) => `${slotIndex} ${platform}`;
  const slotOf = (slotIndex: number, platform: Platform): DriverSlot => {
    const key = keyOf(slotIndex, platform);
    const known = driverSlots.get(key);
    if (known !== undefined) return known;
    const driver = options.drivers.find((candidate) => candidate.platform === platform);
    if (driver === undefined)
      throw new Error(`Cannot run a ${platform} test: this node has no such driver`);
    const made = driver.createSlot();
    driverSlots.set(key, made);
    return made;
  };
  const release = async (slot: Pick<DriverSlot, "close">): Promise<void> => {
    const closed = slot.close().catch((thrown: unknown) => {
      options.log.warn("A driver did not close", { reason: messageOf(thrown) });
    });
    await waitAtMost(options.clock, options.limits.driverCloseMs, closed);
  };
  const replaceDriver = (slotIndex: number, platform: Platform) => {
    const key = keyOf(slotIndex, platform);
    const slot = driverSlots.get(key);
    driverSlots.delete(key);
    if (slot !== undefined) void release(slot);
  };

  const begin = (work: AttemptWork) => {
    const { slotIndex, offer } = work;
    const { platform } = offer.definition;
    const ending = new AbortController();
    const end = (reason: EndReason) => {
      if (!ending.signal.aborted) ending.abort(reason);
    };
    const parts: AttemptParts = {
      ...options,
      logins,
      open: async (sessionOptions) => {
        const session = await slotOf(slotIndex, platform).open(sessionOptions);
        const onNodeExcess = (message: string) =>
          end({ status: "lost", loss: "driver_fault", message });
        return limitSession(session, { guard, options: sessionOptions, onNodeExcess });
      },
      replaceDriver: () => replaceDriver(slotIndex, platform),
      endSignal: ending.signal,
    };
    runAttempt(work, parts).then(work.end).catch(options.onFault);
    return { cancel: end };
  };
  const releaseAll = async () => {
    const slots = [...driverSlots.values()];
    driverSlots.clear();
    const drivers = options.drivers.map((driver) => ({ close: async () => driver.close?.() }));
    await Promise.all([...slots, ...drivers].map(release));
  };
  return {
    begin,
    // An attempt that begins meanwhile makes its own slot.
    rest: () => void releaseAll(),
    close: async () => {
      logins.close();
      await releaseAll();
    },
  };
}
