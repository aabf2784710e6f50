/**
 * Follows a run by the numbers of its notices, through restarts of the gateway and lost connections.
 *
 * Invariant: `onNotice` gets every numbered notice once and in order, since the stream is asked for what comes after
 * the last number that was handed over, and repeats are dropped by that number.
 */
import { RunNotice } from "#proto/api.ts";
import { type Clock, pause } from "#shared/clock.ts";
import { MeshError, messageOf } from "#shared/errors.ts";
import type { ApiClient } from "../api-client.ts";
import { createSseParser, type ServerEvent } from "../sse.ts";

export type FollowEnd =
  | { readonly kind: "ended" }
  /** The caller's signal was aborted. */
  | { readonly kind: "stopped" }
  /** The gateway could not be reached for too long, or knows the run no more. */
  | { readonly kind: "unreachable"; readonly reason: string };

export type FollowOptions = {
  readonly client: ApiClient;
  readonly runId: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onNotice: (notice: RunNotice) => void;
  /** Told once when the gateway is lost, and once when it is back. */
  readonly onContact: (isLost: boolean, reason: string) => void;
};

/** How long the gateway may be away while a run is followed and its report fetched: 60 s. */
export const UNREACHABLE_MS_MAX = 60_000;
/** A stream that says nothing this long is opened again: a frozen gateway keeps its connections. */
const SILENCE_MS_MAX = 20_000;
const RETRY_MS = 250;

/** Resolves when the run has ended, or cannot be followed any more. */
export async function followRun(options: FollowOptions): Promise<FollowEnd> {
  const { clock, signal } = options;
  const state: FollowState = {
    lastNumber: 0,
    hasEnded: false,
    heardMs: clock.monotonicMs(),
    isLost: false,
  };
  while (!signal.aborted) {
    const fault = await readStream(options, state);
    if (state.hasEnded) return { kind: "ended" };
    if (signal.aborted) break;
    if (fault?.isFinal) return { kind: "unreachable", reason: fault.reason };
    if (fault !== undefined && !state.isLost) {
      state.isLost = true;
      options.onContact(true, fault.reason);
    }
    if (clock.monotonicMs() - state.heardMs > UNREACHABLE_MS_MAX) {
      const reason = `the gateway was away for ${UNREACHABLE_MS_MAX / 1_000} s`;
      return {
        kind: "unreachable",
        reason: fault === undefined ? reason : `${reason}: ${fault.reason}`,
      };
    }
    await pauseOrStop(clock, signal);
  }
  return { kind: "stopped" };
}

type FollowState = { lastNumber: number; hasEnded: boolean; heardMs: number; isLost: boolean };
type Fault = { readonly reason: string; readonly isFinal: boolean };

/** Reads one connection to its end; returns what ended it, undefined when the gateway did so politely. */
async function readStream(options: FollowOptions, state: FollowState): Promise<Fault | undefined> {
  const silence = createSilenceWatch(options.clock);
  const signal = AbortSignal.any([options.signal, silence.signal]);
  try {
    const body = await options.client.events(options.runId, state.lastNumber, signal);
    const decoder = new TextDecoder();
    const parser = createSseParser();
    for await (const chunk of body) {
      silence.heard();
      state.heardMs = options.clock.monotonicMs();
      if (state.isLost) {
        state.isLost = false;
        options.onContact(false, "");
      }
      for (const event of parser.feed(decoder.decode(chunk, { stream: true })))
        take(options, state, event);
      if (state.hasEnded) return undefined;
    }
    return undefined;
  } catch (thrown) {
    return {
      reason: messageOf(thrown).replace(BUN_HINT, ""),
      isFinal: thrown instanceof MeshError && FINAL.has(thrown.code),
    };
  } finally {
    silence.close();
  }
}

/** What Bun adds for people who write programs. */
const BUN_HINT = / *For more information, pass `verbose: true`.*$/;

const FINAL: ReadonlySet<string> = new Set(["not_found", "unauthorized", "untrusted", "refused"]);

function take(options: FollowOptions, state: FollowState, event: ServerEvent): void {
  const notice = RunNotice.safeParse(parseJson(event.data)).data;
  if (notice === undefined) return; // A kind of a newer gateway.
  // Without a number: a start, or why the gateway waits; may be lost, is never repeated.
  const isNumbered = event.id !== "";
  const number = isNumbered ? Number(event.id) : state.lastNumber;
  if (isNumbered && !(number > state.lastNumber)) return;
  state.lastNumber = number;
  if (notice.kind === "run_ended") state.hasEnded = true;
  options.onNotice(notice);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The schema refuses it.
    return undefined;
  }
}

function createSilenceWatch(clock: Clock) {
  const silent = new AbortController();
  const start = () =>
    clock.after(SILENCE_MS_MAX, () =>
      silent.abort(new Error(`no word from the gateway for ${SILENCE_MS_MAX / 1_000} s`)),
    );
  let timer = start();
  return {
    signal: silent.signal,
    heard: () => {
      timer.cancel();
      timer = start();
    },
    close: () => timer.cancel(),
  };
}

async function pauseOrStop(clock: Clock, signal: AbortSignal): Promise<void> {
  try {
    await pause(clock, RETRY_MS, signal);
  } catch {
    // Stopped meanwhile: the caller looks at the signal.
  }
}
