/** How an attempt ended, by what became of its steps and by why it was ended from outside. Pure. */
import type { LossCode } from "#proto/event.ts";
import type { Failure } from "#proto/failure.ts";
import type { AttemptOutcome, EndReason } from "../membership/executor.ts";
import type { Trouble } from "./perform-step.ts";

type OutcomeParts = {
  readonly status: AttemptOutcome["status"];
  readonly error?: Failure;
  readonly loss?: LossCode;
};

/** What the attempt's end says. */
export function outcomeOf(
  verdict: Trouble | undefined,
  reason: EndReason | undefined,
): OutcomeParts {
  if (verdict === undefined) return { status: "passed" };
  if (verdict.kind === "failed") return { status: "failed", error: verdict.failure };
  if (verdict.kind === "lost")
    return { status: "lost", error: verdict.failure, loss: verdict.loss };
  if (reason?.status === "lost") {
    return {
      status: "lost",
      error: { message: reason.message, code: reason.loss },
      loss: reason.loss,
    };
  }
  return {
    status: "cancelled",
    error: { message: reason?.message ?? "Ended from outside", code: "cancelled" },
  };
}
