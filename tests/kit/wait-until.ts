/** Waits for a condition with a deadline: what tests use in place of sleeping. */
import { pause, systemClock } from "#shared/clock.ts";

export type WaitOptions = {
  /** Named when it never comes true. */
  readonly what: string;
  /** Default 15 s. */
  readonly deadlineMs?: number;
};

const POLL_MS = 5;

/** @throws {Error} When the condition is not true within the deadline. */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  options: WaitOptions,
): Promise<void> {
  const untilMs = systemClock.monotonicMs() + (options.deadlineMs ?? 15_000);
  while (!(await condition())) {
    if (systemClock.monotonicMs() > untilMs) throw new Error(`Never came true: ${options.what}`);
    await pause(systemClock, POLL_MS);
  }
}
