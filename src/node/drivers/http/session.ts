/**
 * One `http` attempt: a cookie jar of its own and the last response, which `expect` and `save` read. Nothing is warm and
 * nothing is shared, so an attempt of it costs microseconds: what a step needs is made when that step runs. Everything but
 * `request`, the streams and `wait` is immediate here: a response does not change.
 */
import type { Step } from "#proto/step.ts";
import { type Clock, pause } from "#shared/clock.ts";
import {
  type Ending,
  type Session,
  type SessionOptions,
  type StepContext,
  StepError,
} from "../driver.ts";
import { describeTime, guardStep, untilAborted } from "../guard.ts";
import { HttpClient } from "./client.ts";
import { createCookieJar, type OwnCookies } from "./cookie-jar.ts";
import { HttpHar } from "./http-har.ts";

type ExpectStep = Extract<Step, { kind: "expect" }>;
type SaveStep = Extract<Step, { kind: "save" }>;
type WaitStep = Extract<Step, { kind: "wait" }>;

/** Opens the session of one attempt. */
export function createHttpSession(options: SessionOptions, clock: Clock): Session {
  return new HttpSession(options, clock);
}

class HttpSession implements Session {
  readonly #options: SessionOptions;
  readonly #clock: Clock;
  #jar: OwnCookies | undefined;
  #client: HttpClient | undefined;
  /** Of an attempt that keeps one, from its first request on. */
  #har: HttpHar | undefined;
  /** Ends a wait when the session is closed; made with the first one. */
  #closing: AbortController | undefined;
  #isClosed = false;

  constructor(options: SessionOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  readonly perform = (step: Step, context: StepContext): Promise<void> =>
    guardStep(this.#options.redactor, () => this.#act(step, context));

  readonly collectEvidence = async (): Promise<void> => this.#client?.collectEvidence();

  readonly conclude = async (ending: Ending): Promise<void> => this.#har?.conclude(ending);

  readonly close = async (): Promise<void> => {
    this.#isClosed = true;
    this.#closing?.abort();
    this.#client?.close();
  };

  async #act(step: Step, context: StepContext): Promise<void> {
    if (this.#isClosed) throw closedError(step);
    switch (step.kind) {
      case "request":
      case "graphql":
      case "ws":
      case "sse":
        return this.#http().perform(step, context);
      case "cookies":
        return this.#cookies(step, context);
      case "expect":
        return this.#expect(step);
      case "save":
        return this.#save(step, context);
      case "wait":
        return this.#wait(step, context);
      default:
        throw new StepError("failed", "unsupported", `Cannot ${step.kind} on platform http`);
    }
  }

  #http(): HttpClient {
    if (this.#options.evidence.har !== "off") this.#har ??= new HttpHar(this.#options);
    const har = this.#har;
    this.#client ??= new HttpClient({
      onHop: har && ((hop) => har.note(hop)),
      options: this.#options,
      cookies: this.#ownJar(),
      clock: this.#clock,
    });
    return this.#client;
  }

  #ownJar(): OwnCookies {
    this.#jar ??= createCookieJar();
    return this.#jar;
  }

  async #cookies(step: Extract<Step, { kind: "cookies" }>, { save }: StepContext): Promise<void> {
    const { actOnCookies } = await import("./cookies-step.ts");
    const { baseUrl, redactor } = this.#options;
    await actOnCookies(step, { cookies: this.#ownJar(), baseUrl, redactor, save });
  }

  async #expect(step: ExpectStep): Promise<void> {
    const client = this.#http();
    const missed = await client.findMissed(step.checks);
    if (missed.length === 0) return;
    const last = client.describeLast();
    throw new StepError("failed", "expect", missed.join("\n") + (last === "" ? "" : `\n  ${last}`));
  }

  async #save(step: SaveStep, context: StepContext): Promise<void> {
    for (const [key, subject] of Object.entries(step.values))
      context.save(key, await this.#http().valueOf(subject));
  }

  async #wait(step: WaitStep, context: StepContext): Promise<void> {
    if (step.for.kind !== "time") {
      const text = `Cannot wait for ${step.for.kind} on platform http`;
      throw new StepError("failed", "unsupported", text);
    }
    const { ms } = step.for;
    if (ms <= 0) return;
    this.#closing ??= new AbortController();
    const signal = AbortSignal.any([context.signal, this.#closing.signal]);
    const startMs = this.#clock.monotonicMs();
    await untilAborted(pause(this.#clock, ms, signal), signal, () => {
      if (!context.signal.aborted) return closedError(step);
      const time = describeTime(this.#clock.monotonicMs() - startMs, context.timeoutMs);
      return new StepError("failed", "timeout", `The wait was not over after ${time}`);
    });
  }
}

function closedError(step: Step): StepError {
  return new StepError("failed", "closed", `Cannot finish ${step.kind}: the attempt was closed`);
}
