/** How a long-running command waits for its end and leaves: in order, within a bound, at once when asked twice. */
import { messageOf } from "#shared/errors.ts";
import type { Context } from "./context.ts";
import { EXIT_FAULT, EXIT_LEFT, exitCodeOf, isExpected } from "./exit-code.ts";
import { endAll } from "./mesh/doomed.ts";

const STOP_MS_MAX = 15_000;
/** Nobody is left to wait for us: others count on our being gone soon. */
const ORPHANED_STOP_MS_MAX = 1_000;

export type Serving = {
  /** Ends what serves, in order; `at_once` when nobody is left who waits for what runs. */
  readonly stop: (how: "gracefully" | "at_once") => Promise<void>;
  /** Resolves when it ended by itself, with the exit code; never, when it does not do that. */
  readonly ended?: Promise<number>;
};

/** Serves until a signal, the end of the lifeline or its own end; returns the exit code. */
export async function serveUntilStopped(serving: Serving, context: Context): Promise<number> {
  const asked = new Promise<"gracefully" | "at_once">((resolve) => {
    context.stops.onWish((wish) => {
      if (wish.kind === "signal" && wish.count > 1) leave(EXIT_LEFT);
      context.clock.after(wish.kind === "orphaned" ? ORPHANED_STOP_MS_MAX : STOP_MS_MAX, () =>
        leave(EXIT_LEFT),
      );
      resolve(wish.kind === "orphaned" ? "at_once" : "gracefully");
    });
  });
  const end = await Promise.race([asked, serving.ended ?? asked]);
  await serving.stop(end === "at_once" ? end : "gracefully");
  return typeof end === "number" ? end : 0;
}

/** A part of ours failed in a way that it cannot go on from: everything ends, with the exit code that says so. */
export function leaveByFault(thrown: unknown, context: Context): never {
  if (isExpected(thrown)) {
    context.terminal.warn(`panoptic: ${thrown.message}`);
    leave(exitCodeOf(thrown));
  }
  context.terminal.warn(`panoptic: a fault of Panoptic itself: ${messageOf(thrown)}`);
  if (thrown instanceof Error && thrown.stack !== undefined) context.terminal.warn(thrown.stack);
  leave(EXIT_FAULT);
}

function leave(exitCode: number): never {
  endAll();
  process.exit(exitCode);
}
