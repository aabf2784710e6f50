/** A session from its opening to its close, both bounded: a driver that hangs is left behind and its slot's driver replaced. */
import type { Clock } from "#shared/clock.ts";
import { messageOf } from "#shared/errors.ts";
import type { Limits } from "#shared/limits.ts";
import type { Log } from "#shared/log.ts";
import { type Session, type SessionOptions, StepError } from "../drivers/driver.ts";
import { waitAtMost } from "./attempt.ts";

export type SessionParts = {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly log: Log;
  readonly open: (options: SessionOptions) => Promise<Session>;
  readonly replaceDriver: () => void;
};

/** @throws {StepError} `lost` when the signal ended it first; what `open` throws. */
export async function openSession(
  parts: SessionParts,
  signal: AbortSignal,
  options: SessionOptions,
): Promise<Session> {
  const opening = parts.open(options);
  const ended = Promise.withResolvers<never>();
  const end = () => {
    const text = `No session was opened: ${messageOf(signal.reason)}`;
    ended.reject(new StepError("lost", "driver_fault", text));
  };
  if (signal.aborted) end();
  else signal.addEventListener("abort", end, { once: true });
  try {
    return await Promise.race([opening, ended.promise]);
  } catch (thrown) {
    opening.then(
      (session) => closeSession(parts, session),
      () => undefined,
    );
    if (signal.aborted) parts.replaceDriver();
    throw thrown;
  } finally {
    signal.removeEventListener("abort", end);
  }
}

/** Releases the session's own; one that does not close in time is left behind with its driver. */
export async function closeSession(parts: SessionParts, session: Session): Promise<void> {
  const { clock, limits, log } = parts;
  const closed = session.close().then(
    () => true,
    (thrown: unknown) => {
      log.warn("A session did not close", { reason: messageOf(thrown) });
      return false;
    },
  );
  if ((await waitAtMost(clock, limits.driverCloseMs, closed)) !== true) parts.replaceDriver();
}
