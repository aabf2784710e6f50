/** Leaves the page fit for the next step after one that was given up, as far as that goes within a moment. */
import { pause } from "#shared/clock.ts";
import type { Scene } from "./scene.ts";

/** Together with the grace of a call below the 500 ms within which an abort is honoured. */
const ANSWER_MS_MAX = 100;
const STOP_MS_MAX = 75;

type Control = Pick<Scene, "clock" | "control">;

/** False when the page is busy with a script that may never end. */
export async function answers({ page, clock }: Scene): Promise<boolean> {
  // An error is an answer, too.
  const answer = page.evaluate("true").then(String, String);
  return (await Promise.race([answer, pause(clock, ANSWER_MS_MAX)])) !== undefined;
}

/** Ends a script that never ends: it would keep the page from every later step, and from its evidence. */
export function stopScript(scene: Scene): Promise<void> {
  return bounded(scene, scene.control.send("Runtime.terminateExecution"));
}

/** Ends a navigation that its step has given up: it would break into the next one. */
export function stopLoading(scene: Control): Promise<void> {
  return bounded(scene, scene.control.send("Page.stopLoading"));
}

async function bounded({ clock }: Control, stop: Promise<unknown>): Promise<void> {
  // A page that is gone needs no stopping.
  await Promise.race([stop.catch(() => undefined), pause(clock, STOP_MS_MAX)]);
}
