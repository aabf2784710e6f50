/**
 * When a request is sent more than once: because a person asked for tries on some answers (`retry`), or for answers until
 * one is right (`until`). Both end with the step's signal; what was seen is kept, so that whoever ends it can say it.
 */
import type { Retry } from "#proto/steps/request.ts";
import { type Clock, pause } from "#shared/clock.ts";
import { StepError } from "../driver.ts";
import type { RequestStep } from "./body.ts";
import { NetworkError } from "./exchange.ts";
import type { HttpResponse } from "./response.ts";

/** What came of the tries so far, in words; more than these are counted only. */
export type Tries = {
  readonly seen: string[];
  count: number;
  /** What `until` missed last. */
  missed: readonly string[];
};

export type Asking = {
  readonly ask: () => Promise<HttpResponse>;
  /** What `until` demands and the response misses, one text a demand. */
  readonly check: (response: HttpResponse) => Promise<readonly string[]>;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly tries: Tries;
};

const SEEN_MAX = 20;

export const noTries = (): Tries => ({ seen: [], count: 0, missed: [] });

/**
 * Asks as often as the step says; the last response.
 *
 * @throws {StepError} `request` when the last try had no answer; the signal's reason when it ended the tries.
 */
export function askAsTold(step: RequestStep, asking: Asking): Promise<HttpResponse> {
  return step.until === undefined
    ? askWithRetry(step.retry, asking)
    : askUntil(step, step.until.everyMs, asking);
}

/** Asks until everything that is demanded holds. */
async function askUntil(step: RequestStep, everyMs: number, asking: Asking): Promise<HttpResponse> {
  const { clock, signal, tries } = asking;
  for (;;) {
    const startMs = clock.monotonicMs();
    const response = await askWithRetry(step.retry, asking).catch((thrown: unknown) => {
      // A server that is not there yet may come.
      if (!(thrown instanceof NetworkError) || signal.aborted) throw thrown;
      tries.missed = [thrown.message];
    });
    signal.throwIfAborted();
    if (response !== undefined) {
      tries.missed = await asking.check(response);
      if (tries.missed.length === 0) return response;
    }
    const leftMs = startMs + everyMs - clock.monotonicMs();
    if (leftMs > 0) await pause(clock, leftMs, signal);
  }
}

/** Asks again while the answer is one of those that are worth it. */
export async function askWithRetry(
  retry: Retry | undefined,
  asking: Omit<Asking, "check">,
): Promise<HttpResponse> {
  const { clock, signal, tries } = asking;
  let delayMs = retry?.delayMs ?? 0;
  for (let left = retry?.times ?? 0; ; left -= 1) {
    const outcome = await tryOnce(asking);
    note(tries, outcome);
    const isWorthIt = retry !== undefined && left > 0 && isWorthAnother(retry, outcome);
    if (!isWorthIt) return settle(outcome, tries);
    await pause(
      clock,
      Math.min(retry.delayMsMax, Math.max(delayMs, retryAfterMs(outcome, clock))),
      signal,
    );
    delayMs *= retry.backoff;
  }
}

type Outcome = { readonly response: HttpResponse } | { readonly fault: NetworkError };

async function tryOnce({ ask, signal }: Omit<Asking, "check">): Promise<Outcome> {
  try {
    return { response: await ask() };
  } catch (thrown) {
    if (!(thrown instanceof NetworkError) || signal.aborted) throw thrown;
    return { fault: thrown };
  }
}

function note(tries: Tries, outcome: Outcome): void {
  tries.count += 1;
  const text = "response" in outcome ? String(outcome.response.status) : "no answer";
  if (tries.seen.length < SEEN_MAX) tries.seen.push(text);
  else tries.seen[SEEN_MAX - 1] = text;
}

function isWorthAnother({ on }: Retry, outcome: Outcome): boolean {
  if ("fault" in outcome) return on.includes("network");
  const { status } = outcome.response;
  return on.some((one) => one === status || one === `${String(status)[0]}xx`);
}

/** Seconds or a date; what cannot be read asks for nothing. */
function retryAfterMs(outcome: Outcome, clock: Clock): number {
  const said = "response" in outcome ? outcome.response.headers.get("retry-after") : null;
  if (said === null) return 0;
  const seconds = /^\s*\d+\s*$/.test(said) ? Number(said) : undefined;
  const ms = seconds === undefined ? Date.parse(said) - clock.wallMs() : seconds * 1000;
  return Number.isFinite(ms) ? Math.max(0, ms) : 0;
}

function settle(outcome: Outcome, tries: Tries): HttpResponse {
  if ("response" in outcome) return outcome.response;
  const { message } = outcome.fault;
  if (tries.count < 2) throw outcome.fault;
  throw new NetworkError("failed", "request", `${message} (${describeTries(tries)})`);
}

/** `3 tries: 503, 503, 200`. */
export function describeTries({ seen, count }: Tries): string {
  const shown = count > seen.length ? ["…", ...seen.slice(-5)] : seen;
  return `${count} ${count === 1 ? "try" : "tries"}: ${shown.join(", ")}`;
}

/** What is said of an `until` that never held. */
export function untilError(step: RequestStep, tries: Tries, time: string): StepError {
  const what = `${step.method} ${step.url}`;
  const missed = tries.missed.length === 0 ? "there was no answer" : tries.missed.join("\n");
  const times = tries.count === 0 ? "no try was finished" : describeTries(tries);
  const text = `${what} was not as "until" says within ${time} (${times}); last seen:\n${missed}`;
  return new StepError("failed", "timeout", text);
}
