/**
 * Says hello until it is answered: one at a time, doubled pauses with jitter between failures.
 * Owns when a hello is said; what it says and what its answer means is membership's.
 */
import { type Hello, HelloReply } from "#proto/hello.ts";
import { helloSubject } from "#proto/subjects.ts";
import { type Bus, decodeMessage, encodeMessage } from "#shared/bus.ts";
import type { Clock, Timer } from "#shared/clock.ts";
import { messageOf } from "#shared/errors.ts";
import type { Limits } from "#shared/limits.ts";
import type { Log } from "#shared/log.ts";

export type GreetingOptions = {
  readonly bus: Bus;
  readonly clock: Clock;
  /** 0 ≤ value < 1. */
  readonly random: () => number;
  readonly limits: Limits;
  readonly log: Log;
  readonly isAlive: () => boolean;
  readonly hello: () => Hello;
  /** Takes the answer; `again` asks once more after the pause. */
  readonly take: (reply: HelloReply) => "done" | "again";
};

export type Greeting = {
  /** Says hello after `delayMs`; an earlier one that is planned stays. One that is under way is followed by another. */
  readonly say: (delayMs: number) => void;
  readonly close: () => void;
};

export function createGreeting(options: GreetingOptions): Greeting {
  const { bus, clock, limits } = options;
  let planned: { readonly atMs: number; readonly timer: Timer } | undefined;
  let isAsking = false;
  let isWantedAgain = false;
  let isClosed = false;
  let failures = 0;
  let saidAtMs = Number.NEGATIVE_INFINITY;

  const say = (delayMs: number) => {
    if (isClosed) return;
    if (isAsking) {
      isWantedAgain = true;
      return;
    }
    const nowMs = clock.monotonicMs();
    // Offers of an unknown term may come in a flood; each wants a hello.
    const atMs = Math.max(nowMs + delayMs, saidAtMs + limits.helloRetryMs);
    if (planned !== undefined && planned.atMs <= atMs) return;
    planned?.timer.cancel();
    planned = { atMs, timer: clock.after(atMs - nowMs, ask) };
  };

  const ask = () => {
    planned = undefined;
    isAsking = true;
    saidAtMs = clock.monotonicMs();
    const hello = options.hello();
    bus
      .request(helloSubject(hello.nodeId), encodeMessage(hello), limits.offerReplyMs)
      .then((data) => decodeMessage(HelloReply, data))
      .then(
        (reply) => options.isAlive() && !isClosed && settle(options.take(reply)),
        (thrown: unknown) => {
          if (!options.isAlive() || isClosed) return;
          options.log.debug("Hello unanswered", { reason: messageOf(thrown) });
          settle("again");
        },
      );
  };

  const settle = (result: "done" | "again") => {
    isAsking = false;
    if (result === "again") {
      const pauseMs = Math.min(
        limits.helloRetryMs * 2 ** Math.min(failures, 20),
        limits.helloRetryMsMax,
      );
      failures += 1;
      isWantedAgain = false;
      return say(pauseMs * (0.5 + options.random() / 2));
    }
    failures = 0;
    if (!isWantedAgain) return;
    isWantedAgain = false;
    say(0);
  };

  return {
    say,
    close: () => {
      isClosed = true;
      planned?.timer.cancel();
    },
  };
}
