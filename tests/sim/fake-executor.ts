/** Pretends to run attempts: virtual durations, outcomes drawn from the seed, steps and artifacts recorded on the way. */

import { createHash } from "node:crypto";
import type {
  AttemptOutcome,
  AttemptWork,
  EndReason,
  Executor,
} from "#node/membership/executor.ts";
import type { StepEnded } from "#proto/event.ts";
import { type LeaseId, Sha256 } from "#proto/ids.ts";
import type { Clock } from "#shared/clock.ts";
import { MeshError } from "#shared/errors.ts";
import type { Nature } from "./plan.ts";
import type { Random } from "./random.ts";

export type FakeExecutorOptions = {
  readonly clock: Clock;
  readonly random: Random;
  readonly natureOf: (testKey: string) => Nature;
  /** How much longer everything takes. */
  readonly speed: number;
  /** Nothing is lost by itself. */
  readonly isStill: boolean;
  readonly onBegin: (leaseId: LeaseId) => void;
  /** The attempt cannot do anything any more; not called when its process dies. */
  readonly onEnd: (leaseId: LeaseId) => void;
  /** The test killed the node's process. */
  readonly die: () => void;
};

export function createFakeExecutor(options: FakeExecutorOptions): Executor {
  return { begin: (work) => begin(options, work) };
}

function begin(options: FakeExecutorOptions, work: AttemptWork) {
  const { leaseId } = work.offer;
  options.onBegin(leaseId);
  const { clock, random } = options;
  const nature = options.natureOf(work.offer.definition.key);
  const script = drawScript(options, nature, work.offer);
  let isOver = false;
  const end = (outcome: AttemptOutcome) => {
    if (isOver) return;
    isOver = true;
    options.onEnd(leaseId);
    work.end(outcome);
  };
  /** As an attempt does: what its node cannot save loses it. */
  const record: AttemptWork["record"] = (event) => {
    try {
      work.record(event);
    } catch (thrown) {
      if (!(thrown instanceof MeshError) || thrown.code !== "disk_full") throw thrown;
      end(cancelled({ status: "lost", loss: "disk_full", message: thrown.message }));
    }
  };
  const sayStep = (index: number) => {
    if (isOver) return;
    const status = script.stepStatus(index);
    record({
      kind: "step_ended",
      leaseId: work.offer.leaseId,
      stepIndex: index,
      status,
      durationMs: 1,
    });
    if (random.chance(0.15)) record(artifactOf(work, index));
  };
  if (script.isInstant) {
    sayStep(0);
    end(script.outcome);
    return { cancel: () => undefined };
  }
  const stepCount = work.offer.definition.steps.length;
  for (let index = 0; index < stepCount; index += 1) {
    clock.after((script.durationMs * (index + 1)) / (stepCount + 1), () => sayStep(index));
  }
  clock.after(script.durationMs, () => {
    if (script.isDeadly && !isOver) return options.die();
    end(script.outcome);
  });
  return {
    cancel: (reason: EndReason) => {
      clock.after(random.pick([0, 0, 5, 200, 6_000]), () => end(cancelled(reason)));
    },
  };
}

function cancelled(reason: EndReason): AttemptOutcome {
  const loss = reason.status === "lost" ? { loss: reason.loss } : {};
  return { status: reason.status, durationMs: 3, error: { message: reason.message }, ...loss };
}

type Script = {
  readonly durationMs: number;
  readonly outcome: AttemptOutcome;
  readonly stepStatus: (index: number) => StepEnded["status"];
  readonly isDeadly: boolean;
  readonly isInstant: boolean;
};

/** Its own bounds hold: an attempt never runs into the test's. */
const OF_BOUND = 0.95;

function drawScript(
  { random, speed, isStill }: FakeExecutorOptions,
  nature: Nature,
  { definition, attemptNumber }: AttemptWork["offer"],
): Script {
  const wantedMs = Math.round(nature.durationMs * (isStill ? 1 : 0.5 + random.next()) * speed);
  const durationMs = Math.max(1, Math.min(wantedMs, definition.timeoutMs * OF_BOUND));
  const isLost = !isStill && random.chance(nature.kind === "lossy" ? 0.6 : 0.01);
  return {
    durationMs,
    outcome: outcomeOf(isLost ? "lost" : naturalStatus(nature, attemptNumber), durationMs),
    stepStatus: () => (nature.kind === "all_skipped" ? "skipped" : "passed"),
    isDeadly: !isStill && (nature.kind === "poison" ? random.chance(0.9) : random.chance(0.004)),
    isInstant: random.chance(0.03) && nature.kind !== "poison",
  };
}

/** What an attempt of this number comes to when nothing takes it away: the same on every node, at any time. */
export function naturalStatus(
  { kind, failCount }: Nature,
  attemptNumber: number,
): "passed" | "failed" {
  if (kind === "fails") return "failed";
  return kind === "flaky" && attemptNumber <= failCount ? "failed" : "passed";
}

function outcomeOf(status: "passed" | "failed" | "lost", durationMs: number): AttemptOutcome {
  if (status === "passed") return { status, durationMs };
  if (status === "failed")
    return { status, durationMs, error: { message: "Not what was expected" } };
  return { status, durationMs, loss: "browser_crash", error: { message: "The browser died" } };
}

function artifactOf({ offer }: AttemptWork, index: number) {
  const name = `shot-${index}.png`;
  const base = { name, kind: "screenshot", bytes: 10 } as const;
  const sha256 = Sha256.parse(
    createHash("sha256").update(`${offer.leaseId} ${name}`).digest("hex"),
  );
  const artifact = index % 3 === 2 ? { ...base, missing: "not kept here" } : { ...base, sha256 };
  return { kind: "artifact_found", leaseId: offer.leaseId, artifact } as const;
}
