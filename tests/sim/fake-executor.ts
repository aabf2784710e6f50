/** Pretends to run attempts: virtual durations, outcomes drawn from the seed, steps and artifacts recorded on the way. */

import { createHash } from "node:crypto";
import type {
  AttemptOutcome,
  AttemptWork,
  EndReason,
  Executor,
} from "#node/membership/executor.ts";
import type { StepEnded } from "#proto/event.ts";
import { Sha256 } from "#proto/ids.ts";
import type { Clock } from "#shared/clock.ts";
import { MeshError } from "#shared/errors.ts";
import type { Nature } from "./plan.ts";
import type { Random } from "./random.ts";

export type FakeExecutorOptions = {
  readonly clock: Clock;
  readonly random: Random;
  readonly natureOf: (testKey: string) => Nature;
  readonly onBegin: (work: AttemptWork) => void;
  /** The test killed the node's process. */
  readonly die: () => void;
};

export function createFakeExecutor(options: FakeExecutorOptions): Executor {
  return { begin: (work) => begin(options, work) };
}

function begin(options: FakeExecutorOptions, work: AttemptWork) {
  options.onBegin(work);
  const { clock, random } = options;
  const nature = options.natureOf(work.offer.definition.key);
  const script = drawScript(nature, work, random);
  let isOver = false;
  const end = (outcome: AttemptOutcome) => {
    if (isOver) return;
    isOver = true;
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

function drawScript(nature: Nature, { offer }: AttemptWork, random: Random): Script {
  const durationMs = Math.max(1, Math.round(nature.durationMs * (0.5 + random.next())));
  const isLost = random.chance(nature.kind === "lossy" ? 0.6 : 0.01);
  const fails =
    nature.kind === "fails" ||
    (nature.kind === "flaky" && (offer.attemptNumber === 1 || random.chance(0.2)));
  const status = isLost ? "lost" : fails ? "failed" : "passed";
  return {
    durationMs,
    outcome: outcomeOf(status, durationMs),
    stepStatus: () => (nature.kind === "all_skipped" ? "skipped" : "passed"),
    isDeadly: nature.kind === "poison" ? random.chance(0.9) : random.chance(0.004),
    isInstant: random.chance(0.03) && nature.kind !== "poison",
  };
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
