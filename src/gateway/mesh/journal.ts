/**
 * Group commit: what decisions save is collected, committed at once when the event loop comes round, and only then
 * acted on. While the store refuses (disk full), nothing is forgotten and nothing is promised: the same changes are
 * tried again, effects wait, and `failure` tells everyone else to hold back.
 */
import type { Clock } from "#shared/clock.ts";
import { MeshError } from "#shared/errors.ts";
import type { Change, Effect, Turn } from "./change.ts";

const RETRY_MS = 500;

export type JournalOptions = {
  readonly commit: (changes: readonly Change[]) => void;
  readonly clock: Clock;
  /** Calls back when what is at hand has been handled: the pace of group commit. */
  readonly defer: (act: () => void) => void;
  /** Last decisions of the turn: gives waiting tests to nodes. */
  readonly beforeCommit: () => void;
  /** A fault of ours in a decision or an effect. */
  readonly onFault: (thrown: unknown) => void;
};

export type Journal = {
  readonly turn: Turn;
  /** Runs a decision and schedules the commit. */
  readonly act: (decide: () => void) => void;
  /** Commits now; used at stop. */
  readonly flush: () => void;
  /** Why the store does not take commits now; undefined when it does. */
  readonly failure: () => MeshError | undefined;
  readonly close: () => void;
};

export function createJournal(options: JournalOptions): Journal {
  let changes: Change[] = [];
  let effects: Effect[] = [];
  let failure: MeshError | undefined;
  let isScheduled = false;
  let isClosed = false;

  const turn: Turn = {
    save: (change) => void changes.push(change),
    afterCommit: (effect) => void effects.push(effect),
  };

  const schedule = () => {
    if (isScheduled || isClosed) return;
    isScheduled = true;
    options.defer(flush);
  };

  const commit = (): boolean => {
    try {
      if (changes.length > 0) options.commit(changes);
      failure = undefined;
      return true;
    } catch (thrown) {
      if (!(thrown instanceof MeshError)) throw thrown;
      failure = thrown;
      isScheduled = true;
      options.clock.after(RETRY_MS, flush);
      return false;
    }
  };

  function flush(): void {
    isScheduled = false;
    if (isClosed) return;
    try {
      if (failure === undefined) options.beforeCommit();
      if (!commit()) return;
      changes = [];
      const due = effects;
      effects = [];
      for (const effect of due) effect();
    } catch (thrown) {
      options.onFault(thrown);
    }
  }

  return {
    turn,
    act: (decide) => {
      if (isClosed) return;
      try {
        decide();
      } catch (thrown) {
        return options.onFault(thrown);
      }
      schedule();
    },
    flush,
    failure: () => failure,
    close: () => {
      isClosed = true;
    },
  };
}
