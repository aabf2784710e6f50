/**
 * The step `session` of an attempt: lends it the login that its test names, or makes it. Making: a fresh context, the
 * session's steps in it, its state taken, then `validate` in another fresh context with that state; the attempt's own
 * context comes after, fresh too. So who makes a login and who is lent one begin alike.
 *
 * It is no part of the attempt's timeout: the making has the same bound for itself, and whoever waits is held up by no more
 * than one making of each of the others.
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { StepEnded } from "#proto/event.ts";
import type { Failure } from "#proto/failure.ts";
import type { PlannedStep, TestDefinition } from "#proto/test.ts";
import { messageOf } from "#shared/errors.ts";
import { type Session, type SessionState, StepError } from "../drivers/driver.ts";
import { type Attempt, type Phase, startPhase } from "./attempt.ts";
import { Children } from "./children.ts";
import { conclude, takeEvidence } from "./evidence-span.ts";
import { runBlock } from "./flow.ts";
import type { Lent, Login, Logins, Making } from "./logins.ts";
import { firstLine, type Nest } from "./nest.ts";
import { lossOf, placeOf, type StepVerdict, type Trouble, verdictOf } from "./perform-step.ts";

/** The kind of the planned step whose blocks are a session's `steps` and `validate`. */
export const SESSION_KIND = "session";

const SessionArgs = z.object({ name: z.string(), maxAgeMs: z.number().min(0).optional() });

export type LogIn = {
  readonly logins: Logins;
  /** Opens a session of the driver, with a state or without. @throws {StepError} */
  readonly open: (state?: SessionState) => Promise<Session>;
  /** The attempt, with one of those sessions as its own. */
  readonly attemptIn: (session: Session) => Attempt;
  readonly close: (session: Session) => Promise<void>;
};

export type LoggedIn = { readonly kind: "in"; readonly state: SessionState };

/** Where the session's step stands; undefined when the test names none. */
export function sessionStepOf({ steps }: TestDefinition): number | undefined {
  const index = steps.findIndex(
    ({ kind, blocks }) => kind === SESSION_KIND && blocks !== undefined,
  );
  return index === -1 ? undefined : index;
}

/** Lends or makes the login, and saves what became of it as one event. */
export async function logIn(
  parts: LogIn,
  stepIndex: number,
  base: Omit<Attempt, "session">,
): Promise<LoggedIn | Trouble> {
  const planned = base.offer.definition.steps[stepIndex];
  if (planned === undefined) throw new Error(`Cannot log in by step ${stepIndex}: there is none`);
  const { clock, warnings } = base;
  const own: string[] = [];
  const children = new Children();
  warnings.step = own;
  const startMs = clock.monotonicMs();
  const result = await new Entry({ parts, base, planned, children }).enter();
  warnings.step = undefined;
  if (result.kind === "ended") return result;
  const inside = children.result();
  const event: StepEnded = {
    kind: "step_ended",
    leaseId: base.offer.leaseId,
    stepIndex,
    status: result.kind === "in" ? "passed" : result.kind,
    durationMs: clock.monotonicMs() - startMs,
    ...(own.length > 0 && { warnings: own }),
    ...("failure" in result && { error: result.failure }),
    ...(inside && { children: inside }),
  };
  base.record(event);
  return result;
}

type EntryParts = {
  readonly parts: LogIn;
  readonly base: Omit<Attempt, "session">;
  readonly planned: PlannedStep;
  readonly children: Children;
};

class Entry {
  readonly #of: EntryParts;
  readonly #args: z.infer<typeof SessionArgs>;
  /** What broke the own making, for the attempt's verdict. */
  #trouble: Trouble | undefined;

  constructor(of: EntryParts) {
    this.#of = of;
    this.#args = SessionArgs.parse(of.planned.args);
  }

  async enter(): Promise<LoggedIn | Trouble> {
    const first = await this.#lend();
    if (first.kind !== "lent" || first.isOwn) return this.#toResult(first);
    const fault = await this.#faultOf(first.login);
    if (fault === undefined) {
      this.#tell(`reused: made at ${timeOf(first.login)} by an attempt of "${first.login.madeBy}"`);
      return { kind: "in", state: first.login.state };
    }
    if (fault.kind !== "failed") return fault;
    this.#of.parts.logins.drop(this.#key(), first.login);
    this.#tell(`made again: that of ${timeOf(first.login)} was not valid any more`, fault.failure);
    return this.#toResult(await this.#lend());
  }

  #lend(): Promise<Lent> {
    const { parts, base } = this.#of;
    return parts.logins.lend({
      key: this.#key(),
      maxAgeMs: this.#args.maxAgeMs,
      madeBy: base.offer.definition.key,
      signal: base.endSignal,
      make: () => this.#make(),
    });
  }

  /** Of one run: the name, and everything that its steps are. Secrets are those of the run. */
  #key(): string {
    const { offer } = this.#of.base;
    const { suite, baseUrl = "" } = offer.definition;
    const { blocks, args } = this.#of.planned;
    const whole = JSON.stringify([
      offer.runId,
      suite,
      baseUrl,
      args,
      stepsOf(blocks),
      offer.secrets,
    ]);
    return createHash("sha256").update(whole).digest("hex");
  }

  #toResult(lent: Lent): LoggedIn | Trouble {
    if (lent.kind === "lent") {
      if (lent.isOwn) this.#tell(`made at ${timeOf(lent.login)}`);
      return { kind: "in", state: lent.login.state };
    }
    if (lent.kind === "broken") return this.#trouble ?? { kind: "ended" };
    if (lent.isOwn) return { kind: "failed", failure: lent.failure };
    const { message } = lent.failure;
    const text = `${message}\n(in the session "${this.#args.name}", which another attempt of this node was making)`;
    return { kind: "failed", failure: { ...lent.failure, message: text } };
  }

  /** Never throws. */
  async #make(): Promise<Making> {
    const made = await this.#withSession(undefined, async (attempt, phase) => {
      const { children } = this.#of;
      const verdict = await this.#run({ attempt, phase, children }, "steps");
      return verdict.kind === "passed" ? exportState(attempt, phase) : verdict;
    });
    const fault = made.kind === "in" ? await this.#validate(made.state) : made;
    if (made.kind === "in" && fault === undefined) return { kind: "made", state: made.state };
    if (fault?.kind === "failed") return fault;
    this.#trouble = fault as Trouble;
    return { kind: "broken" };
  }

  /** Whether a login that was lent is still one; told only when it is not. */
  #faultOf(login: Login): Promise<Trouble | undefined> {
    return this.#validate(login.state, new Children());
  }

  async #validate(state: SessionState, children = this.#of.children): Promise<Trouble | undefined> {
    const { blocks } = this.#of.planned;
    if ((blocks?.["validate"] ?? []).length === 0) return undefined;
    const isOwn = children === this.#of.children;
    const checked = await this.#withSession(
      state,
      (attempt, phase) => this.#run({ attempt, phase, children }, "validate"),
      isOwn,
    );
    return checked.kind === "passed" ? undefined : checked;
  }

  async #run(
    span: Pick<Nest, "attempt" | "phase" | "children">,
    block: "steps" | "validate",
  ): Promise<StepVerdict> {
    const verdict = await runBlock({ ...span, names: {}, depth: 0 }, this.#of.planned, block);
    const [soft] = span.attempt.softFailures;
    return verdict.kind === "passed" && soft !== undefined
      ? { kind: "failed", failure: soft }
      : verdict;
  }

  /** Opens a session for `act` and closes it; a failure's evidence is taken where it is the attempt's. Never throws. */
  async #withSession<T extends { readonly kind: string }>(
    state: SessionState | undefined,
    act: (attempt: Attempt, phase: Phase) => Promise<T>,
    isEvidenced = true,
  ): Promise<T | Trouble> {
    const { parts, base, planned } = this.#of;
    let session: Session;
    try {
      session = await parts.open(state);
    } catch (thrown) {
      return this.#troubleOf(thrown);
    }
    const attempt = parts.attemptIn(session);
    const boundMs = planned.timeoutMs ?? base.offer.definition.timeoutMs;
    const boundName = `The bound of ${boundMs} ms for the session "${this.#args.name}"`;
    const phase = startPhase({ clock: base.clock, boundMs, boundName, endSignal: base.endSignal });
    try {
      const result = await act(attempt, phase);
      if (result.kind !== "failed" || !isEvidenced) return result;
      await takeEvidence(attempt);
      await conclude(attempt, { status: "failed", leftMs: phase.leftMs() });
      return result;
    } catch (thrown) {
      return verdictOf({ attempt, phase, names: {} }, planned, thrown);
    } finally {
      phase.close();
      await parts.close(session);
    }
  }

  /** No session was opened. */
  #troubleOf(thrown: unknown): Trouble {
    const { base, planned } = this.#of;
    if (base.endReason() !== undefined) return { kind: "ended" };
    const message = base.redactor.text(messageOf(thrown));
    const code = thrown instanceof StepError ? thrown.code : "driver_fault";
    const failure: Failure = { message, ...placeOf(base, planned), code };
    return thrown instanceof StepError && thrown.outcome === "failed"
      ? { kind: "failed", failure }
      : { kind: "lost", loss: lossOf(code), failure };
  }

  #tell(text: string, failure?: Failure): void {
    const { base, planned, children } = this.#of;
    const { line, column } = planned;
    children.end(children.begin(), {
      name: base.redactor.text(`${this.#args.name} ${text}`),
      kind: SESSION_KIND,
      status: "passed",
      durationMs: 0,
      ...{ line, column },
      ...(failure && { note: firstLine(failure.message) }),
    });
  }
}

const timeOf = ({ madeWallMs }: Login): string => new Date(madeWallMs).toISOString();

/** What of a session's steps makes it another session: not their names and places. */
function stepsOf(blocks: PlannedStep["blocks"]): unknown {
  return Object.entries(blocks ?? {}).map(([block, steps]) => [
    block,
    steps.map(({ kind, verb, args, around, blocks: inside }) => [
      kind,
      ...[verb ?? "", args, around ?? {}, stepsOf(inside)],
    ]),
  ]);
}

/** @throws {StepError} When the driver has none, or cannot give it. */
async function exportState(attempt: Attempt, { signal }: Phase): Promise<LoggedIn> {
  const { exportState: give } = attempt.session;
  if (give === undefined)
    throw new StepError(
      "failed",
      "unsupported",
      "Cannot keep the session: this platform has no state",
    );
  return { kind: "in", state: await give(signal) };
}
