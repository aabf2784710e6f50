/**
 * Which attempts really run, on whatever node: cut off, frozen, declared gone or well. Told by the simulated executors
 * and by the deaths of processes, never by what the gateway believes.
 */
import type { LeaseId } from "#proto/ids.ts";

export type LiveAttempt = {
  readonly leaseId: LeaseId;
  /** `n1#2`: the second process of n1. */
  readonly process: string;
  readonly sinceMs: number;
};

export type Truth = {
  readonly begin: (attempt: LiveAttempt) => void;
  readonly end: (leaseId: LeaseId, process: string) => void;
  /** All that a process ran is over with it. */
  readonly died: (process: string) => void;
  readonly live: () => Iterable<LiveAttempt>;
  /** Calls after each change, with the attempt that began or is over. */
  readonly watch: (watcher: TruthWatcher) => void;
};

export type TruthWatcher = {
  readonly onBegin: (attempt: LiveAttempt) => void;
  readonly onEnd: (attempt: LiveAttempt) => void;
};

export function createTruth(): Truth {
  const byProcess = new Map<string, Map<LeaseId, LiveAttempt>>();
  const watchers: TruthWatcher[] = [];
  const over = (attempt: LiveAttempt) => {
    for (const { onEnd } of watchers) onEnd(attempt);
  };
  return {
    begin: (attempt) => {
      const own = byProcess.get(attempt.process) ?? new Map<LeaseId, LiveAttempt>();
      byProcess.set(attempt.process, own.set(attempt.leaseId, attempt));
      for (const { onBegin } of watchers) onBegin(attempt);
    },
    end: (leaseId, process) => {
      const attempt = byProcess.get(process)?.get(leaseId);
      if (attempt === undefined) return;
      byProcess.get(process)?.delete(leaseId);
      over(attempt);
    },
    died: (process) => {
      const left = [...(byProcess.get(process)?.values() ?? [])];
      byProcess.delete(process);
      for (const attempt of left) over(attempt);
    },
    live: function* () {
      for (const own of byProcess.values()) yield* own.values();
    },
    watch: (watcher) => void watchers.push(watcher),
  };
}
