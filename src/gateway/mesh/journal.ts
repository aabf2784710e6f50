/**
 * Group commit: what decisions save is collected, committed at once when the event loop comes round, and only then
 * acted on. While the store refuses for now (no room, another process holds the database), nothing is forgotten and
 * nothing is promised: the same changes are tried again, effects wait, and `failure` tells everyone else to hold back.
 * Any other refusal is a fault: nothing may be promised on it any more.
 */
import type { Clock } from "#shared/clock.ts";
import type { MeshError } from "#shared/errors.ts";
import { isPassing } from "#shared/sqlite.ts";
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
  /**
   * Runs a decision for a caller who waits: resolves when it is committed, rejects when the store refuses for now. It
   * stays decided then and is committed when the store takes it again: the caller's repeat must be idempotent.
   */
  readonly decide: (decide: () => void) => Promise<void>;
  /** The same, but what it saved is forgotten when the store refuses: for what nothing else builds on before its commit. */
  readonly propose: (decide: () => void) => Promise<void>;
  /** Commits now; used at stop. */
  readonly flush: () => void;
  /** Commits what is decided, if there is anything; false when the store does not take it. */
  readonly settle: () => boolean;
  /** Why the store does not take commits now; undefined when it does. */
  readonly failure: () => MeshError | undefined;
  readonly close: () => void;
};

type Waiter = {
  readonly resolve: () => void;
  readonly reject: (reason: MeshError) => void;
  /** Forgotten when it is rejected. */
  readonly proposed: ReadonlySet<Change | Effect>;
};

export function createJournal(options: JournalOptions): Journal {
  let changes: Change[] = [];
  let effects: Effect[] = [];
  const waiters: Waiter[] = [];
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
      if (!isPassing(thrown)) throw thrown;
      failure = thrown;
      for (const waiter of waiters.splice(0)) {
        changes = changes.filter((change) => !waiter.proposed.has(change));
        effects = effects.filter((effect) => !waiter.proposed.has(effect));
        waiter.reject(thrown);
      }
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
      for (const waiter of waiters.splice(0)) waiter.resolve();
      for (const effect of due) effect();
    } catch (thrown) {
      options.onFault(thrown);
    }
  }

  const act = (decide: () => void): void => {
    if (isClosed) return;
    try {
      decide();
    } catch (thrown) {
      return options.onFault(thrown);
    }
    schedule();
  };

  const wait = (decide: () => void, isProposal: boolean): Promise<void> => {
    if (failure !== undefined) return Promise.reject(failure);
    return new Promise((resolve, reject) => {
      const [changeCount, effectCount] = [changes.length, effects.length];
      act(decide);
      const made = [...changes.slice(changeCount), ...effects.slice(effectCount)];
      waiters.push({ resolve, reject, proposed: new Set(isProposal ? made : []) });
    });
  };

  return {
    turn,
    act,
    decide: (decide) => wait(decide, false),
    propose: (decide) => wait(decide, true),
    flush,
    settle: () => {
      if (failure === undefined && changes.length > 0) flush();
      return failure === undefined && changes.length === 0;
    },
    failure: () => failure,
    close: () => {
      isClosed = true;
    },
  };
}
