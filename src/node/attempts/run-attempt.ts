/**
 * Runs one started lease to its end, and always ends: every wait in it is bounded.
 *
 * Order: the login that the test names (log-in.ts) → files → session → before and main steps (one bound: the test's
 * timeout) → evidence after the first real failure → after steps (in what is left of the timeout, `stepTimeout` at least;
 * also after a failure or a time-out, not after a loss or a cancel) → conclude (films and trace, in a bound of its own) →
 * close (bounded). The first failure is the attempt's error. Steps that did not run are not spoken of: the gateway knows
 * the plan.
 */
import { EvidencePolicy, WebOptions } from "#proto/evidence.ts";
import type { Failure } from "#proto/failure.ts";
import type { StepPhase, TestDefinition } from "#proto/test.ts";
import type { Clock } from "#shared/clock.ts";
import { MeshError, messageOf } from "#shared/errors.ts";
import type { Limits } from "#shared/limits.ts";
import type { Log } from "#shared/log.ts";
import { createRedactor, type Redactor } from "#shared/redactor.ts";
import type { ArtifactKeeper, AttemptKeeping } from "../artifacts/keep.ts";
import {
  type Session,
  type SessionOptions,
  type SessionState,
  StepError,
} from "../drivers/driver.ts";
import type { AttemptOutcome, AttemptWork, EndReason } from "../membership/executor.ts";
import {
  type Attempt,
  type Phase,
  startPhase,
  type WarningLists,
  waitAtMost,
  warn,
} from "./attempt.ts";
import { bringBaselines } from "./baselines.ts";
import { blameDisk } from "./blame-disk.ts";
import { conclude, takeEvidence } from "./evidence-span.ts";
import { withSoftFailures } from "./failures.ts";
import type { FileSource } from "./files.ts";
import { fillValues, NOTHING_KNOWN, refersToSecrets } from "./fill.ts";
import type { HeldGate } from "./gate.ts";
import { type LoggedIn, type LogIn, logIn, SESSION_KIND, sessionStepOf } from "./log-in.ts";
import type { Logins } from "./logins.ts";
import { outcomeOf } from "./outcome.ts";
import { settleOwed } from "./owed.ts";
import { lateVerdict, lossOf, type Trouble } from "./perform-step.ts";
import { readSetup } from "./read-setup.ts";
import { runStep } from "./run-step.ts";
import { closeSession, openSession } from "./session-span.ts";
import { usesVerb } from "./uses-verb.ts";
import type { Workspace, Workspaces } from "./workspace.ts";

export type AttemptParts = {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly log: Log;
  readonly workspaces: Workspaces;
  readonly files: FileSource;
  readonly artifacts: ArtifactKeeper;
  /** What sessions of suites are logged in as on this node. */
  readonly logins: Logins;
  /** Opens a session in the attempt's slot. */
  readonly open: (options: SessionOptions) => Promise<Session>;
  /** Why a failure now is the disk's and not the test's (C3); undefined when there is room. Default: there is. */
  readonly fullDisk?: () => string | undefined;
  /** The slot's driver hangs: it is left behind and replaced. */
  readonly replaceDriver: () => void;
  /** Who may hold attempts still; their clock is its clock then. */
  readonly gate?: HeldGate | undefined;
  /** Aborted with an `EndReason` when the attempt is ended from outside. */
  readonly endSignal: AbortSignal;
};

/** Runs an attempt; never throws. */
export async function runAttempt(work: AttemptWork, parts: AttemptParts): Promise<AttemptOutcome> {
  const { clock, limits, log } = parts;
  const startMs = clock.monotonicMs();
  const own: Own = {
    redactor: createRedactor(work.offer.secrets),
    warnings: { attempt: [], step: undefined },
    workspace: parts.workspaces.create(),
    keeping: parts.artifacts.forAttempt(work.offer.leaseId, work.record),
  };
  const verdict = await runWithin(work, parts, own).catch((thrown: unknown) =>
    blameDisk(verdictOfThrown(thrown, own, parts), parts.fullDisk),
  );
  const durationMs = clock.monotonicMs() - startMs;
  const kept = own.keeping.settled().catch((thrown: unknown) => {
    // The store failed: the attempt's own end fails the same way, and is heard.
    log.error("An artifact was not told", { reason: messageOf(thrown) });
  });
  await waitAtMost(clock, limits.keepArtifactsMs + limits.driverCloseMs, kept);
  own.workspace.remove();
  const warnings = own.warnings.attempt;
  return {
    ...outcomeOf(verdict, reasonOf(parts)),
    durationMs,
    ...(warnings.length > 0 && { warnings }),
  };
}

/** What this attempt alone has. */
type Own = {
  readonly redactor: Redactor;
  readonly warnings: WarningLists;
  readonly workspace: Workspace;
  readonly keeping: AttemptKeeping;
};

async function runWithin(
  work: AttemptWork,
  parts: AttemptParts,
  own: Own,
): Promise<Trouble | undefined> {
  const { timeoutMs } = work.offer.definition;
  const base = baseOf(work, parts, own);
  const entered = await enter(base, parts, own);
  if (entered !== undefined && entered.kind !== "in") return blameDisk(entered, parts.fullDisk);
  const session = await prepareSession(work, parts, { ...own, state: entered?.state });
  // From here on: what a machine needs to get ready is not the test's time.
  const phase = startPhase({
    clock: parts.clock,
    boundMs: timeoutMs,
    boundName: `The attempt's timeout of ${timeoutMs} ms`,
    endSignal: parts.endSignal,
  });
  const attempt: Attempt = { ...base, session };
  try {
    return await runSteps(attempt, phase, parts);
  } finally {
    phase.close();
    await closeSession(parts, session);
  }
}

type Base = Omit<Attempt, "session">;

function baseOf(
  work: Pick<AttemptWork, "offer" | "record">,
  parts: AttemptParts,
  { redactor, warnings }: Own,
): Base {
  return {
    ...work,
    ...parts,
    redactor,
    warnings,
    saved: {},
    softFailures: [],
    owed: new Set(),
    overtime: { leftMs: work.offer.definition.stepTimeoutMs },
    evidence: { isTaken: false },
    endReason: () => reasonOf(parts),
  };
}

/** Lends or makes the login that the test names; undefined when it names none. */
async function enter(
  base: Base,
  parts: AttemptParts,
  own: Own,
): Promise<LoggedIn | Trouble | undefined> {
  const stepIndex = sessionStepOf(base.offer.definition);
  if (stepIndex === undefined) return undefined;
  const by: LogIn = {
    logins: parts.logins,
    open: (state) => prepareSession(base, parts, { ...own, state }),
    // What it saves and what fails in it is its own.
    attemptIn: (session) => ({ ...baseOf(base, parts, own), session }),
    close: (session) => closeSession(parts, session),
  };
  return logIn(by, stepIndex, base);
}

/** Brings the files and opens the session, within a bound of its own: not to get ready is the machine's loss (C3). */
async function prepareSession(
  work: Pick<AttemptWork, "offer">,
  parts: AttemptParts,
  own: Own & { readonly state?: SessionState | undefined },
): Promise<Session> {
  const { definition } = work.offer;
  const { workspace, redactor, warnings } = own;
  const boundMs = parts.limits.attemptOpenMs;
  const opening = startPhase({
    clock: parts.clock,
    boundMs,
    boundName: `The bound of ${boundMs} ms for getting ready`,
    endSignal: parts.endSignal,
  });
  try {
    const { signal } = opening;
    const resolveFile = await parts.files.place(definition.files, { workspace, signal });
    return await openSession(parts, signal, {
      ...(definition.baseUrl !== undefined && {
        baseUrl: String(fillValues(work.offer, NOTHING_KNOWN, definition.baseUrl)),
      }),
      viewport: definition.viewport,
      web: webOptions(definition, parts.gate),
      ...readSetup(definition, (value) => fillValues(work.offer, NOTHING_KNOWN, value)),
      ...(own.state && { state: own.state }),
      ...(await bringBaselines(work.offer, parts.files, { workspace, signal })),
      evidence: EvidencePolicy.parse(definition.evidence ?? {}),
      usesSecrets: refersToSecrets(definition),
      usesDownloads: usesVerb(definition.steps, "download"),
      get workspaceDir() {
        return workspace.path();
      },
      resolveFile,
      redactor,
      warn: (text) => warn(warnings, redactor.text(text)),
      // Bytes are masked by the driver, who knows what they are; a name may be a test's own text.
      attach: (evidence) => own.keeping.attach({ ...evidence, name: redactor.text(evidence.name) }),
      attachFile: (file) => own.keeping.attach({ ...file, name: redactor.text(file.name) }),
      miss: ({ name, kind, reason }) =>
        own.keeping.miss({ name: redactor.text(name), kind, reason: redactor.text(reason) }),
    });
  } finally {
    opening.close();
  }
}

function webOptions({ web }: TestDefinition, gate: HeldGate | undefined): WebOptions {
  const options = WebOptions.parse(web ?? {});
  return gate === undefined ? options : { ...options, headless: gate.isHeadless };
}

const reasonOf = ({ endSignal }: AttemptParts): EndReason | undefined =>
  endSignal.aborted ? (endSignal.reason as EndReason) : undefined;

async function runSteps(
  attempt: Attempt,
  phase: Phase,
  parts: AttemptParts,
): Promise<Trouble | undefined> {
  const verdict = blameDisk(await runPhase(attempt, phase, ["before", "main"]), parts.fullDisk);
  phase.close();
  if (verdict?.kind === "failed") await takeEvidence(attempt);
  if (verdict === undefined) await settleOwed(attempt);
  if (verdict?.kind === "lost" || verdict?.kind === "ended") return verdict;
  const failures = [...attempt.softFailures, ...failureIn(verdict)];
  const softCount = attempt.softFailures.length;
  // The attempt's timeout is over all; where little or nothing of it is left, the after steps get a step's bound more.
  const boundMs = Math.max(phase.leftMs(), attempt.offer.definition.stepTimeoutMs);
  const last = startPhase({
    clock: parts.clock,
    boundMs,
    boundName: `The after steps' bound of ${Math.round(boundMs)} ms`,
    endSignal: parts.endSignal,
  });
  const after = blameDisk(await runPhase(attempt, last, ["after"]), parts.fullDisk);
  last.close();
  if (after?.kind === "failed" && verdict === undefined) await takeEvidence(attempt);
  failures.push(...attempt.softFailures.slice(softCount), ...failureIn(after));
  const worst = attempt.softFailures.length > 0 ? withSoftFailures(failures) : (verdict ?? after);
  const status = worst === undefined ? "passed" : "failed";
  if (after?.kind !== "ended" && worst?.kind !== "lost")
    await conclude(attempt, { status, leftMs: phase.leftMs() });
  // A machine that is lost in the after steps takes nothing back from what failed before it.
  return after?.kind === "ended" ? after : worst;
}

const failureIn = (verdict: Trouble | undefined): readonly Failure[] =>
  verdict?.kind === "failed" ? [verdict.failure] : [];

/** Runs the steps of these phases in order, up to the first that fails. */
async function runPhase(
  attempt: Attempt,
  phase: Phase,
  kinds: readonly StepPhase[],
): Promise<Trouble | undefined> {
  const { definition } = attempt.offer;
  for (const [index, planned] of definition.steps.entries()) {
    if (!kinds.includes(planned.phase) || planned.skip !== undefined) continue;
    // It was before everything else.
    if (planned.kind === SESSION_KIND && planned.blocks !== undefined) continue;
    if (attempt.endReason() !== undefined) return { kind: "ended" };
    if (phase.isLate()) return lateVerdict({ attempt, phase, names: {} }, planned);
    const verdict = await runStep(attempt, phase, index);
    if (verdict.kind !== "passed") return verdict;
  }
  return undefined;
}

/** What was thrown outside a step: files, the session, the store, or a fault of ours. */
function verdictOfThrown(thrown: unknown, { redactor }: Own, parts: AttemptParts): Trouble {
  if (reasonOf(parts) !== undefined) return { kind: "ended" };
  const message = redactor.text(messageOf(thrown));
  const code =
    thrown instanceof StepError || thrown instanceof MeshError ? thrown.code : "driver_fault";
  // Before the first step too, what is the test's own fault is a failure, not a loss.
  if (thrown instanceof StepError && thrown.outcome === "failed") {
    return { kind: "failed", failure: { message, code } };
  }
  const loss = lossOf(code);
  if (loss === "driver_fault") {
    parts.log.error("An attempt ended by a fault", { reason: message });
    parts.replaceDriver();
  }
  return { kind: "lost", loss, failure: { message, code } };
}
