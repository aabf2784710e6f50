/**
 * One `http` attempt: its cookie jar and its last response. Costs next to nothing until the first request, as a mesh
 * runs hundreds of these a second. `expect` is immediate here: a response does not change.
 */
import type { Step } from "#proto/step.ts";
import { type Clock, pause } from "#shared/clock.ts";
import { messageOf, unreachable } from "#shared/errors.ts";
import { type Session, type SessionOptions, type StepContext, StepError } from "../driver.ts";
import { describeTime, guardStep, untilAborted } from "../guard.ts";
import type { RequestStep } from "./body.ts";
import { type CookieStore, createCookieJar } from "./cookie-jar.ts";
import { exchange } from "./exchange.ts";
import {
  checkResponse,
  type HttpResponse,
  nameRequest,
  saveFromResponse,
  toEvidence,
} from "./response.ts";

type ExpectStep = Extract<Step, { kind: "expect" }>;
type SaveStep = Extract<Step, { kind: "save" }>;

/** Opens the session of one attempt. */
export function createHttpSession(options: SessionOptions, clock: Clock): Session {
  return new HttpSession(options, clock);
}

class HttpSession implements Session {
  readonly #options: SessionOptions;
  readonly #clock: Clock;
  #cookies: CookieStore | undefined;
  #last: HttpResponse | undefined;
  /** Ends what still runs when the session is closed; made with the first step that can last. */
  #closing: AbortController | undefined;
  #isClosed = false;

  constructor(options: SessionOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  readonly perform = (step: Step, context: StepContext): Promise<void> =>
    guardStep(this.#options.redactor, () => this.#act(step, context));

  readonly collectEvidence = async (): Promise<void> => {
    if (this.#last === undefined) return;
    try {
      this.#options.attach(toEvidence(this.#last, this.#options.redactor));
    } catch (thrown) {
      const text = `Cannot keep the last response: ${messageOf(thrown)}`;
      this.#options.warn(this.#options.redactor.text(text));
    }
  };

  /** Nothing of it needs an end. */
  readonly conclude = async (): Promise<void> => undefined;

  readonly close = async (): Promise<void> => {
    this.#isClosed = true;
    this.#closing?.abort();
    this.#last = undefined;
  };

  async #act(step: Step, context: StepContext): Promise<void> {
    if (this.#isClosed) throw closedError(step);
    switch (step.kind) {
      case "request":
        return this.#request(step, context);
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

  async #request(step: RequestStep, context: StepContext): Promise<void> {
    this.#cookies ??= createCookieJar();
    const cookies = this.#cookies;
    // What came before is not the answer to this request, also when this one fails.
    this.#last = undefined;
    const { baseUrl, resolveFile } = this.#options;
    this.#last = await this.#untilEnded(step, context, (signal) =>
      exchange(step, { baseUrl, cookies, resolveFile, signal, clock: this.#clock }),
    );
  }

  #expect(step: ExpectStep): void {
    const failures = step.checks.flatMap((demand) => {
      const isOfValue = demand.subject.of === "that";
      const response = isOfValue ? (this.#last ?? NO_RESPONSE) : this.#lastFor("expect");
      return checkResponse(demand, response) ?? [];
    });
    if (failures.length === 0) return;
    const of = this.#last === undefined ? "" : `\n  of ${nameRequest(this.#last)}`;
    throw new StepError("failed", "expect", failures.join("\n") + of);
  }

  #save(step: SaveStep, context: StepContext): void {
    for (const [key, subject] of Object.entries(step.values)) {
      const response = subject.of === "that" ? NO_RESPONSE : this.#lastFor("save");
      context.save(key, saveFromResponse(subject, response));
    }
  }

  #lastFor(verb: string): HttpResponse {
    if (this.#last !== undefined) return this.#last;
    throw new StepError("failed", verb, `Cannot ${verb}: no request has been answered yet`);
  }

  async #wait(step: Extract<Step, { kind: "wait" }>, context: StepContext): Promise<void> {
    if (step.for.kind !== "time") {
      const text = `Cannot wait for ${step.for.kind} on platform http`;
      throw new StepError("failed", "unsupported", text);
    }
    const { ms } = step.for;
    if (ms > 0) await this.#untilEnded(step, context, (signal) => pause(this.#clock, ms, signal));
  }

  /** Ends `work` when the step's signal is aborted or the session is closed. */
  async #untilEnded<T>(
    step: RequestStep | Extract<Step, { kind: "wait" }>,
    context: StepContext,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    this.#closing ??= new AbortController();
    const signal = AbortSignal.any([context.signal, this.#closing.signal]);
    const startMs = this.#clock.monotonicMs();
    return untilAborted(work(signal), signal, () => {
      if (!context.signal.aborted) return closedError(step);
      const time = describeTime(this.#clock.monotonicMs() - startMs, context.timeoutMs);
      return new StepError("failed", "timeout", `${describeWork(step)} after ${time}`);
    });
  }
}

/** Stands in where no response is read. */
const NO_RESPONSE: HttpResponse = {
  method: "GET",
  url: "",
  status: 0,
  statusText: "",
  headers: new Headers(),
  body: new Uint8Array(),
  durationMs: 0,
  redirects: [],
};

function describeWork(step: RequestStep | Extract<Step, { kind: "wait" }>): string {
  switch (step.kind) {
    case "request":
      return `${step.method} ${step.url} had no complete answer`;
    case "wait":
      return "The wait was not over";
    default:
      return unreachable(step);
  }
}

function closedError(step: Step): StepError {
  return new StepError("failed", "closed", `Cannot finish ${step.kind}: the attempt was closed`);
}
