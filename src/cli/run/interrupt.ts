/** What Ctrl-C means to a command that follows a run: the first cancels it, the second leaves. */
import type { Context } from "../context.ts";
import { EXIT_LEFT } from "../exit-code.ts";
import { endAll } from "../mesh/doomed.ts";

/** Aborted by the first Ctrl-C; a second one, and the death of whoever started us, end everything at once. */
export function listenForInterrupt(context: Context): AbortSignal {
  const interrupt = new AbortController();
  context.stops.onWish((wish) => {
    if (wish.kind === "orphaned" || wish.count > 1) {
      endAll();
      process.exit(EXIT_LEFT);
    }
    interrupt.abort();
  });
  return interrupt.signal;
}
