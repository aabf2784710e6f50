/**
 * What an attempt does over HTTP, on http and on web alike: its requests with one store of cookies, what is expected of the
 * last response, its open streams, their evidence. Makes and loads nothing before a step needs it.
 */
import type { Step } from "#proto/step.ts";
import type { Demand, Subject } from "#proto/steps/subject.ts";
import type { Tls } from "#proto/tls.ts";
import type { Clock } from "#shared/clock.ts";
import { messageOf } from "#shared/errors.ts";
import { type SessionOptions, type StepContext, StepError } from "../driver.ts";
import { describeTime, untilAborted } from "../guard.ts";
import {
  askAsTold,
  askWithRetry,
  describeTries,
  noTries,
  type Tries,
  untilError,
} from "./asking.ts";
import type { RequestStep } from "./body.ts";
import { checkDemand, saveDemanded } from "./checks.ts";
import type { CookieStore } from "./cookie-jar.ts";
import { type ExchangeOptions, exchange, type SentRequest } from "./exchange.ts";
import { type HttpResponse, isOfResponse, nameRequest, toEvidence } from "./response.ts";
import type { SecureSettings } from "./sockets/secure-settings.ts";
import type { Streams } from "./streams/streams.ts";
import { createTransport, type Transport } from "./transport.ts";

/** Steps that go out over HTTP. */
export type OutStep = Extract<Step, { kind: "request" | "graphql" | "ws" | "sse" }>;

export type ClientParts = {
  readonly options: Pick<
    SessionOptions,
    | "baseUrl"
    | "resolveFile"
    | "redactor"
    | "warn"
    | "attach"
    | "attachFile"
    | "miss"
    | "workspaceDir"
    | "tls"
  >;
  readonly cookies: CookieStore;
  readonly clock: Clock;
  /** Told of each hop when it is over. */
  readonly onHop?: ExchangeOptions["onHop"];
};

type Bound = Pick<StepContext, "signal" | "timeoutMs" | "save">;

export class HttpClient {
  readonly #parts: ClientParts;
  readonly #closing = new AbortController();
  #transport: Transport | undefined;
  #last: HttpResponse | undefined;
  #sent: SentRequest | undefined;
  #streams: Streams | undefined;
  #readSecure: ((tls: Tls) => Promise<SecureSettings>) | undefined;
  #keptCount = 0;

  constructor(parts: ClientParts) {
    this.#parts = parts;
  }

  /** Performs a step, within its bound. @throws {StepError} */
  async perform(step: OutStep, bound: Bound): Promise<void> {
    switch (step.kind) {
      case "request":
        return this.#request(step, bound);
      case "graphql":
        return this.#graphql(step, bound);
      case "ws":
      case "sse":
        return this.#stream(step, bound);
    }
  }

  /** Whether a subject is read here: of the last response, or a plain value. */
  static reads(subject: Subject): boolean {
    return isOfResponse(subject) || subject.of === "that";
  }

  /** What demands on the last response miss, one text a demand. @throws {StepError} When there is no response. */
  async findMissed(demands: readonly Demand[]): Promise<readonly string[]> {
    const missed: string[] = [];
    for (const demand of demands) {
      const response = this.#responseFor(demand.subject, "expect");
      const text = await checkDemand(demand, response, this.#checkParts());
      if (text !== undefined) missed.push(text);
    }
    return missed;
  }

  /** Reads what a `save` keeps. @throws {StepError} When there is nothing. */
  async valueOf(subject: Subject): ReturnType<typeof saveDemanded> {
    return saveDemanded(subject, this.#responseFor(subject, "save"), this.#checkParts());
  }

  /** ` of GET http://… (status 200)`; empty without a response. */
  describeLast(): string {
    return this.#last === undefined ? "" : `of ${nameRequest(this.#last)}`;
  }

  /** Attaches the last request and response, and what the streams have seen. */
  async collectEvidence(): Promise<void> {
    const { attach, redactor, warn } = this.#parts.options;
    try {
      if (this.#last !== undefined) attach(toEvidence(this.#last, redactor));
      if (this.#sent !== undefined) {
        const { requestEvidence } = await import("./request-evidence.ts");
        attach(requestEvidence(this.#sent, redactor));
      }
      for (const evidence of this.#streams?.evidence(redactor) ?? []) attach(evidence);
    } catch (thrown) {
      warn(redactor.text(`Cannot keep the last response: ${messageOf(thrown)}`));
    }
  }

  /** Ends what still runs, and all connections. */
  close(): void {
    this.#closing.abort(new Error("the attempt was closed"));
    this.#streams?.close();
    this.#transport?.close();
    this.#last = undefined;
  }

  async #request(step: RequestStep, bound: Bound): Promise<void> {
    const tries = noTries();
    const onEnd = (time: string) =>
      step.until === undefined ? undefined : untilError(step, tries, time);
    await this.#within(step, { bound, onEnd, tries }, async (signal) => {
      const check = async (response: HttpResponse) => {
        this.#last = response;
        return this.findMissed(step.until?.checks ?? []);
      };
      const ask = () => this.#ask(step, signal);
      this.#last = await askAsTold(step, { ask, check, signal, clock: this.#parts.clock, tries });
    });
    this.#tell(tries);
  }

  async #graphql(step: Extract<Step, { kind: "graphql" }>, bound: Bound): Promise<void> {
    const { toRequest, findFaults } = await import("./graphql.ts");
    const request = await toRequest(step, this.#parts.options.resolveFile);
    const tries = noTries();
    await this.#within(request, { bound, tries }, async (signal) => {
      const ask = () => this.#ask(request, signal);
      const asking = { ask, signal, clock: this.#parts.clock, tries };
      this.#last = await askWithRetry(step.retry, asking);
    });
    this.#tell(tries);
    const faults = findFaults(step, this.#responseFor({ of: "status" }, "expect"));
    if (faults.length === 0) return;
    const of = `\n  ${this.describeLast()}`;
    throw new StepError("failed", "expect", faults.join("\n") + of);
  }

  async #stream(step: Extract<Step, { kind: "ws" | "sse" }>, bound: Bound): Promise<void> {
    const { createStreams } = await import("./streams/streams.ts");
    this.#streams ??= createStreams();
    const { baseUrl } = this.#parts.options;
    const { clock, cookies } = this.#parts;
    const tls = "tls" in step.act ? step.act.tls : undefined;
    const secure = await this.#secureOf(tls);
    const signal = AbortSignal.any([bound.signal, this.#closing.signal]);
    const startMs = clock.monotonicMs();
    const time = () => describeTime(clock.monotonicMs() - startMs, bound.timeoutMs);
    const { save } = bound;
    const closing = this.#closing.signal;
    await this.#streams.perform(step, {
      baseUrl,
      cookies,
      secure,
      signal,
      closing,
      time,
      save,
    });
  }

  async #ask(step: RequestStep, signal: AbortSignal): Promise<HttpResponse> {
    const { options, cookies, clock } = this.#parts;
    this.#transport ??= createTransport();
    const sending: ExchangeOptions = {
      baseUrl: options.baseUrl,
      resolveFile: options.resolveFile,
      cookies,
      transport: this.#transport,
      signal,
      clock,
      secure: await this.#secureOf(step.tls),
      onSend: (sent) => {
        this.#sent = sent;
      },
      onHop: this.#parts.onHop,
    };
    if (step.saveAs === undefined) return exchange(step, sending);
    const { withKeptBody } = await import("./kept-body.ts");
    this.#keptCount += 1;
    const place = { saveAs: step.saveAs, number: this.#keptCount };
    return withKeptBody(options, place, (sink) => exchange(step, { ...sending, sink }));
  }

  async #secureOf(tls: Tls | undefined): Promise<SecureSettings | undefined> {
    const { options } = this.#parts;
    const wanted = tls ?? options.tls;
    if (wanted === undefined) return undefined;
    const { createSecureReader } = await import("./sockets/secure-settings.ts");
    this.#readSecure ??= createSecureReader(options.resolveFile);
    return this.#readSecure(wanted);
  }

  /** Ends `work` when the step's signal is aborted or the session is closed, and says what it was doing. */
  async #within(step: RequestStep, { bound, onEnd, tries }: Span, work: Work): Promise<void> {
    // What came before is not the answer to this request, also when this one fails.
    this.#last = undefined;
    this.#sent = undefined;
    const { clock } = this.#parts;
    const signal = AbortSignal.any([bound.signal, this.#closing.signal]);
    const startMs = clock.monotonicMs();
    await untilAborted(work(signal), signal, () => {
      if (!bound.signal.aborted)
        return new StepError(
          "failed",
          "closed",
          `Cannot finish ${step.kind}: the attempt was closed`,
        );
      const time = describeTime(clock.monotonicMs() - startMs, bound.timeoutMs);
      const before = tries.count === 0 ? "" : ` (${describeTries(tries)})`;
      const text = `${step.method} ${step.url} had no complete answer after ${time}${before}`;
      return onEnd?.(time) ?? new StepError("failed", "timeout", text);
    });
  }

  /** More than one try is shown on the step. */
  #tell(tries: Tries): void {
    const { warn, redactor } = this.#parts.options;
    if (tries.count > 1) warn(redactor.text(`Asked more than once: ${describeTries(tries)}`));
  }

  #checkParts() {
    return { cookies: this.#parts.cookies, resolveFile: this.#parts.options.resolveFile };
  }

  #responseFor(subject: Subject, verb: string): HttpResponse {
    if (subject.of === "that") return this.#last ?? NO_RESPONSE;
    if (this.#last !== undefined) return this.#last;
    throw new StepError("failed", verb, `Cannot ${verb}: no request has been answered yet`);
  }
}

type Work = (signal: AbortSignal) => Promise<void>;
type Span = {
  readonly bound: Bound;
  readonly tries: Tries;
  readonly onEnd?: (time: string) => StepError | undefined;
};

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
