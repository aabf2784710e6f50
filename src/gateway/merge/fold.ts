/**
 * Pure: one event of a node onto its lease. A lease's events come from one store in order, and touch only this lease,
 * so any interleaving of stores gives the same run; repeats were dropped by number before (E2, E6).
 */

import type { AttemptState, LeaseState } from "#gateway/mesh/run-state.ts";
import type { NodeEvent } from "#proto/event.ts";
import { unreachable } from "#shared/errors.ts";

/** @returns Why the event cannot be of this lease; undefined when it was folded. */
export function foldEvent(
  lease: LeaseState,
  event: NodeEvent,
  offsetMs: number,
): string | undefined {
  if (event.kind === "attempt_started") {
    if (lease.attempt !== undefined) return "the attempt has already started";
    lease.attempt = {
      startedWallMs: event.wallMs + offsetMs,
      slotIndex: event.slotIndex,
      steps: new Map(),
      artifacts: [],
    };
    return undefined;
  }
  if (lease.attempt === undefined) return "the attempt has not started";
  return foldIntoAttempt(lease.attempt, event);
}

function foldIntoAttempt(
  attempt: AttemptState,
  event: Exclude<NodeEvent, { kind: "attempt_started" }>,
): string | undefined {
  if (attempt.end !== undefined) return "the attempt has already ended";
  switch (event.kind) {
    case "step_ended":
      attempt.steps.set(event.stepIndex, {
        status: event.status,
        durationMs: event.durationMs,
        warnings: event.warnings,
        error: event.error,
        ...(event.soft === true && { soft: true }),
        ...(event.children && { children: event.children }),
      });
      return undefined;
    case "artifact_found":
      attempt.artifacts.push(event.artifact);
      return undefined;
    case "attempt_ended":
      attempt.end = {
        status: event.status,
        durationMs: event.durationMs,
        error: event.error,
        loss: event.loss,
        warnings: event.warnings,
      };
      return undefined;
    default:
      return unreachable(event);
  }
}
