/** A node's graceful end as node.ts does it, on the simulated clock. */
import type { Membership } from "#node/membership/membership.ts";
import type { Clock } from "#shared/clock.ts";
import { DEFAULT_LIMITS } from "#shared/limits.ts";

export type Leaving = {
  readonly clock: Clock;
  readonly membership: Membership | undefined;
  readonly isAlive: boolean;
};

/** Lets what runs end, delivers, and ends; `end` is told why. */
export function stopGracefully(process: Leaving, end: (why: string) => void): void {
  const { membership } = process;
  if (membership === undefined) return;
  membership.beginStop();
  const bound = process.clock.after(DEFAULT_LIMITS.stopGraceMs, () =>
    membership.cancelRunning({
      status: "lost",
      loss: "node_stopped",
      message: "The node was stopped",
    }),
  );
  membership
    .whenIdle()
    .then(() => membership.flush(DEFAULT_LIMITS.stopFlushMs))
    .then(() => {
      bound.cancel();
      if (!process.isAlive) return;
      membership.close();
      end("after its stop");
    })
    .catch((thrown: unknown) => end(`stop failed: ${String(thrown)}`));
}
