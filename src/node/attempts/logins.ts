/**
 * What sessions of suites (`sessions:`) have logged in as on this node: each is made once, and lent to all attempts of all
 * slots that name it. In this process's memory alone (K1): never on disk, in a log, in a report.
 *
 * - S1 One attempt makes it; those that need it meanwhile wait for that one, as long as their own attempt lasts.
 * - S2 One that could not be made is kept for nobody: those who waited fail as it did, and the next attempt tries again.
 * - S3 A maker that was lost or ended has said nothing about the login: one of those who waited makes it.
 * - S4 Kept ones are bounded in number and in age since their last use; the oldest goes first.
 */
import type { Failure } from "#proto/failure.ts";
import type { Clock, Timer } from "#shared/clock.ts";
import type { SessionState } from "../drivers/driver.ts";
import { untilAborted } from "../drivers/guard.ts";

/** A login that was made. */
export type Login = {
  readonly state: SessionState;
  /** The node's wall clock, milliseconds. */
  readonly madeWallMs: number;
  readonly madeMs: number;
  /** The key of the test whose attempt made it. */
  readonly madeBy: string;
};

/** What became of making one. */
export type Making =
  | { readonly kind: "made"; readonly state: SessionState }
  | { readonly kind: "failed"; readonly failure: Failure }
  /** The machine was lost, or the attempt ended from outside. */
  | { readonly kind: "broken" };

export type LoginAsk = {
  /** Equal for logins that are the same. */
  readonly key: string;
  /** Since it was made, milliseconds; absent: as long as it is kept. */
  readonly maxAgeMs?: number | undefined;
  readonly madeBy: string;
  /** Ends the wait. */
  readonly signal: AbortSignal;
  readonly make: () => Promise<Making>;
};

export type Lent =
  | { readonly kind: "lent"; readonly login: Login; readonly isOwn: boolean }
  | { readonly kind: "failed"; readonly failure: Failure; readonly isOwn: boolean }
  /** The ask's own making was broken, or its wait ended. */
  | { readonly kind: "broken" };

/** Logins of a node at once: each is some cookies and what a site keeps. */
export const LOGINS_MAX = 100;
/** A login that nobody has used for so long is forgotten: its run is over, or does not need it. */
const IDLE_MS_MAX = 15 * 60_000;

type Kept = { readonly login: Login; usedMs: number };

/** The holder of a node's logins; nothing is made before it is asked for. */
export class Logins {
  readonly #clock: Clock;
  readonly #kept = new Map<string, Kept>();
  readonly #inFlight = new Map<string, Promise<Making>>();
  #timer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async lend(ask: LoginAsk): Promise<Lent> {
    // Ends: each round is another attempt's making, of which an attempt has one.
    for (;;) {
      if (ask.signal.aborted) return { kind: "broken" };
      const making = this.#inFlight.get(ask.key);
      if (making === undefined) return this.#lendKept(ask) ?? this.#make(ask);
      const made = await waitFor(making, ask.signal); // S1
      if (made.kind === "failed") return { ...made, isOwn: false }; // S2, else S3
    }
  }

  /** Forgets one that is no good any more, unless another has taken its place. */
  drop(key: string, login: Login): void {
    if (this.#kept.get(key)?.login === login) this.#kept.delete(key);
  }

  close(): void {
    this.#timer?.cancel();
    this.#kept.clear();
  }

  #lendKept({ key, maxAgeMs }: LoginAsk): Lent | undefined {
    const found = this.#kept.get(key);
    if (found === undefined) return undefined;
    const nowMs = this.#clock.monotonicMs();
    this.#kept.delete(key);
    if (maxAgeMs !== undefined && nowMs - found.login.madeMs >= maxAgeMs) return undefined;
    // Put last: the oldest in use goes first.
    this.#kept.set(key, { ...found, usedMs: nowMs });
    return { kind: "lent", login: found.login, isOwn: false };
  }

  async #make(ask: LoginAsk): Promise<Lent> {
    const making = ask.make();
    this.#inFlight.set(ask.key, making);
    try {
      const made = await making;
      if (made.kind === "broken") return made;
      if (made.kind === "failed") return { ...made, isOwn: true };
      return { kind: "lent", login: this.#keep(ask, made.state), isOwn: true };
    } finally {
      this.#inFlight.delete(ask.key);
    }
  }

  #keep({ key, madeBy }: LoginAsk, state: SessionState): Login {
    const nowMs = this.#clock.monotonicMs();
    const login = { state, madeWallMs: this.#clock.wallMs(), madeMs: nowMs, madeBy };
    this.#kept.set(key, { login, usedMs: nowMs });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > LOGINS_MAX && oldest !== undefined) this.#kept.delete(oldest); // S4
    this.#watchIdle();
    return login;
  }

  #watchIdle(): void {
    if (this.#timer !== undefined || this.#kept.size === 0) return;
    this.#timer = this.#clock.after(IDLE_MS_MAX, () => {
      this.#timer = undefined;
      const sinceMs = this.#clock.monotonicMs() - IDLE_MS_MAX;
      for (const [key, one] of this.#kept) if (one.usedMs <= sinceMs) this.#kept.delete(key);
      this.#watchIdle();
    });
  }
}

const BROKEN: Making = { kind: "broken" };

/** A maker's own fault is told by itself, and says nothing about the login. */
function waitFor(making: Promise<Making>, signal: AbortSignal): Promise<Making> {
  return untilAborted(making, signal, () => new Error("ended")).catch(() => BROKEN);
}
