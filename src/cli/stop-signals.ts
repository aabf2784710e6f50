/**
 * The ways in which a person or a dying parent asks the program to stop, as one stream of wishes.
 *
 * One Ctrl-C can arrive several times: the terminal sends it to the whole process group and npm and the wrapper pass it
 * on. Signals within `REPEAT_MS` of the last counted one are that same wish.
 */
import { createReadStream } from "node:fs";
import type { Clock } from "#shared/clock.ts";

export type StopWish =
  /** SIGINT, SIGTERM or SIGHUP; `count` is 1 for the first. */
  | { readonly kind: "signal"; readonly count: number }
  /** Whoever started us is gone: nobody reads what we say. */
  | { readonly kind: "orphaned" };

export type StopSignals = {
  /** Calls `act` for every wish from now on; the newest listener alone is called. */
  readonly onWish: (act: (wish: StopWish) => void) => void;
};

const REPEAT_MS = 300;

/** Listens to the signals of this process and, when there is a lifeline, to its end. */
export function listenForStop(clock: Clock, lifelineFd: number | undefined): StopSignals {
  let listener: ((wish: StopWish) => void) | undefined;
  let count = 0;
  let lastMs = Number.NEGATIVE_INFINITY;
  const onSignal = () => {
    const nowMs = clock.monotonicMs();
    if (nowMs - lastMs < REPEAT_MS) return;
    lastMs = nowMs;
    count += 1;
    if (listener === undefined) process.exit(130);
    listener({ kind: "signal", count });
  };
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, onSignal);
  if (lifelineFd !== undefined) {
    watchLifeline(lifelineFd, () => {
      if (listener === undefined) process.exit(130);
      listener({ kind: "orphaned" });
    });
  }
  return {
    onWish: (act) => {
      listener = act;
    },
  };
}

function watchLifeline(fd: number, onEnd: () => void): void {
  const stream = createReadStream("", { fd, autoClose: false });
  stream.once("end", onEnd);
  stream.once("error", onEnd);
  stream.resume();
}
