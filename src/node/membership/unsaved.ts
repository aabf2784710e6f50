/**
 * Events that the store did not take yet, in the order of each lease. Owns only when they are tried again: what is
 * saved, and what follows from it, is the board's.
 *
 * U1 An outcome waits here until there is room, and its slot with it. After `unsavedMs` the process ends by name, so that
 *    others take over what it holds: a disk that stays full or read-only for so long is nobody's to wait for.
 * U2 An event waits only while another process holds the database; without room it is refused, and its attempt is lost.
 * U3 An event that comes after one that waits waits, too.
 */
import type { NodeEvent } from "#proto/event.ts";
import type { LeaseId } from "#proto/ids.ts";
import type { Clock } from "#shared/clock.ts";
import { MeshError, messageOf } from "#shared/errors.ts";
import type { Log } from "#shared/log.ts";
import { isPassing } from "#shared/sqlite.ts";

export type UnsavedOptions = {
  readonly clock: Clock;
  readonly log: Log;
  /** Saves one. @throws {MeshError} `disk_full` or `store_busy`, when it may be tried again. */
  readonly append: (event: NodeEvent) => void;
  readonly isAlive: () => boolean;
  readonly unsavedMs: number;
};

export type Unsaved = {
  /** Saves now, or later: `onSaved` is called once it is. @throws Whatever does not pass; `disk_full`, unless `isPatient`. */
  readonly save: (event: NodeEvent, how: { isPatient: boolean; onSaved: () => void }) => void;
};

type Waiting = {
  readonly event: NodeEvent;
  readonly onSaved: () => void;
  readonly sinceMs: number;
};

const RETRY_MS = 250;

export function createUnsaved(options: UnsavedOptions): Unsaved {
  const { clock, log, append, isAlive, unsavedMs } = options;
  const waiting = new Map<LeaseId, Waiting[]>();
  let isPlanned = false;

  const plan = () => {
    if (isPlanned) return;
    isPlanned = true;
    clock.after(RETRY_MS, () => {
      isPlanned = false;
      if (isAlive()) retry();
    });
  };
  const retry = () => {
    for (const [leaseId, queue] of waiting) {
      for (let next = queue[0]; next !== undefined; next = queue[0]) {
        if (!tryOne(next)) return plan();
        queue.shift();
        if (queue.length === 0) waiting.delete(leaseId);
        next.onSaved();
      }
    }
  };
  const tryOne = ({ event, sinceMs }: Waiting): boolean => {
    try {
      append(event);
      return true;
    } catch (thrown) {
      const waitedMs = clock.monotonicMs() - sinceMs;
      if (!isPassing(thrown)) throw thrown;
      if (waitedMs < unsavedMs) return false;
      const text = `Cannot save an event of lease ${event.leaseId}: tried for ${Math.round(waitedMs / 1000)} s; ${thrown.message}`;
      throw new MeshError(thrown.code, text, { cause: thrown });
    }
  };
  const wait = (event: NodeEvent, onSaved: () => void, reason: string) => {
    const { leaseId, kind } = event;
    const one = { event, onSaved, sinceMs: clock.monotonicMs() };
    log.warn("An event waits until the store takes it", { kind, leaseId, reason });
    waiting.set(leaseId, [...(waiting.get(leaseId) ?? []), one]);
    plan();
  };
  return {
    save: (event, { isPatient, onSaved }) => {
      if (waiting.has(event.leaseId)) return wait(event, onSaved, "one before it waits"); // U3
      try {
        append(event);
      } catch (thrown) {
        if (!isPassing(thrown) || (thrown.code === "disk_full" && !isPatient)) throw thrown;
        return wait(event, onSaved, messageOf(thrown));
      }
      onSaved();
    },
  };
}
