/** How long a measure waits for the browser: what it does not tell soon is left out. */
import type { Clock } from "#shared/clock.ts";

const ANSWER_MS_MAX = 2_000;

/** What was asked for; undefined when who was asked is busy or gone. */
export async function answerOf<T>(asked: Promise<T>, clock: Clock): Promise<T | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = clock.after(ANSWER_MS_MAX, () => late.resolve(undefined));
  // A measure is no reason to fail a test.
  const answer = await Promise.race([asked.catch(() => undefined), late.promise]);
  timer.cancel();
  return answer;
}
