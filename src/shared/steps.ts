/** Long work in steps: a generator that yields between them, done at once or with pauses for whoever else waits. */
import type { Clock } from "./clock.ts";

/** How long others wait at most, but for the length of one step, milliseconds. */
const TURN_MS = 20;

/** Does all of it at once. */
export function doAtOnce<T>(steps: Generator<void, T>): T {
  for (let step = steps.next(); ; step = steps.next()) if (step.done === true) return step.value;
}

/** Does it with a pause after each 20 ms: timers, messages and requests have their turn in between. */
export async function doInTurns<T>(steps: Generator<void, T>, clock: Clock): Promise<T> {
  let sinceMs = clock.monotonicMs();
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done === true) return step.value;
    if (clock.monotonicMs() - sinceMs < TURN_MS) continue;
    await new Promise<void>((resolve) => void setImmediate(resolve));
    sinceMs = clock.monotonicMs();
  }
}
