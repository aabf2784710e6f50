/** How a long-running command waits for its end and leaves: in order, within a bound, at once when asked twice. */
import { messageOf } from "#shared/errors.ts";
import type { Context } from "./context.ts";
import { EXIT_FAULT, EXIT_LEFT } from "./exit-code.ts";
import { endAll } from "./mesh/doomed.ts";

const STOP_MS_MAX = 15_000;
/** Nobody is left to wait for us: others count on our being gone soon. */
const ORPHANED_STOP_MS_MAX = 1_500;

export type Serving = {
  /** Ends what serves, in order. */
  readonly stop: () => Promise<void>;
  /** Resolves when it ended by itself, with the exit code; never, when it does not do that. */
  readonly ended?: Promise<number>;
};

/** Serves until a signal, the end of the lifeline or its own end; returns the exit code. */
export async function serveUntilStopped(serving: Serving, context: Context): Promise<number> {
  const asked = new Promise<"asked">((resolve) => {
    context.stops.onWish((wish) => {
      if (wish.kind === "signal" && wish.count > 1) leave(EXIT_LEFT);
      context.clock.after(wish.kind === "orphaned" ? ORPHANED_STOP_MS_MAX : STOP_MS_MAX, () =>
        leave(EXIT_LEFT),
      );
      resolve("asked");
    });
  });
  const end = await Promise.race([asked, serving.ended ?? asked]);
  await serving.stop();
  return end === "asked" ? 0 : end;
}

/** A part of ours failed in a way that it cannot go on from: everything ends, with the exit code that says so. */
export function leaveByFault(thrown: unknown, context: Context): never {
  context.terminal.warn(`panoptic: a fault of Panoptic itself: ${messageOf(thrown)}`);
  if (thrown instanceof Error && thrown.stack !== undefined) context.terminal.warn(thrown.stack);
  leave(EXIT_FAULT);
}

function leave(exitCode: number): never {
  endAll();
  process.exit(exitCode);
}
