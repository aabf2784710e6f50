/** Watches whether the machine itself stands still: a node that is silent for that is rightly given up. */
import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { pause, systemClock } from "#shared/clock.ts";
import type { Books } from "./books.ts";

const EVERY_MS = 250;
/** Shorter ones cost no node its life: it may be silent for longer than twice this. */
const STALL_MS_MIN = 2_000;

/** Looks at the clock and writes to the disk of this folder, again and again, until it is stopped. */
export function watchStalls(dir: string, { stalls }: Books): () => void {
  const file = openSync(join(dir, "stall-probe"), "w");
  let isStopped = false;
  const loop = async () => {
    while (!isStopped) {
      const fromMs = systemClock.wallMs();
      writeSync(file, "x", 0);
      fsyncSync(file);
      await pause(systemClock, EVERY_MS);
      const untilMs = systemClock.wallMs();
      if (untilMs - fromMs >= STALL_MS_MIN + EVERY_MS) stalls.push({ fromMs, untilMs });
    }
    closeSync(file);
  };
  void loop();
  return () => {
    isStopped = true;
  };
}
