/** Lines of stdin, one when it is asked for; what comes before waits, and no more than a bound of it. */
import { createInterface } from "node:readline";

export type LinesIn = {
  /** The next line; undefined at the end of the input, and when the signal is aborted. */
  readonly next: (signal: AbortSignal) => Promise<string | undefined>;
  readonly close: () => void;
};

const WAITING_MAX = 10_000;

/** Reads stdin from now on. */
export function readLinesIn(): LinesIn {
  const reader = createInterface({ input: process.stdin });
  const waiting: string[] = [];
  let hasEnded = false;
  let wake: () => void = () => undefined;
  reader.on("line", (line) => {
    if (waiting.length < WAITING_MAX) waiting.push(line);
    wake();
  });
  reader.on("close", () => {
    hasEnded = true;
    wake();
  });
  return {
    next: async (signal) => {
      while (waiting.length === 0 && !hasEnded && !signal.aborted) {
        const woken = Promise.withResolvers<void>();
        const onAbort = () => woken.resolve();
        wake = onAbort;
        signal.addEventListener("abort", onAbort, { once: true });
        await woken.promise;
        signal.removeEventListener("abort", onAbort);
      }
      return signal.aborted ? undefined : waiting.shift();
    },
    close: () => reader.close(),
  };
}
