/** What a new process makes of what an older one left in the store, before it says hello (L6). */
import { cutEvent } from "../store/cut-event.ts";
import type { NodeStore } from "../store/node-store.ts";

/**
 * Gives back what never started (its secrets died with the process, K1) and reports each started and unended attempt
 * as lost: crashed. Its duration is not known: the steps that it had saved have theirs.
 */
export function recoverStore(store: NodeStore, eventBytesMax: number): void {
  const leases = store.leases();
  const idsIn = (state: string) =>
    leases.filter((row) => row.state === state).map((row) => row.leaseId);
  const unstarted = idsIn("accepted");
  if (unstarted.length > 0) store.giveBack(unstarted);
  for (const leaseId of idsIn("running")) {
    const error = { message: "The node's process ended while the attempt ran", code: "crashed" };
    const ended = {
      kind: "attempt_ended",
      leaseId,
      status: "lost",
      durationMs: 0,
      error,
      loss: "crashed",
    } as const;
    store.append(cutEvent(ended, eventBytesMax));
  }
}
