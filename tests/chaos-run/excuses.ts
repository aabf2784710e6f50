/** P: what may cost an attempt by the rules of the mesh (V1, V2, C3), held against what really befell its node. */
import type { ReportAttempt } from "#proto/report.ts";
import type { Blow, Books } from "./books.ts";
import { CHAOS_LIMITS } from "./profiles.ts";

/** The report's times and ours are of one machine; starts are told by the node, blows by us. */
const SLACK_MS = 2_000;
/** A frozen node may be taken for gone a little earlier than its whole silence lasted: it was silent before. */
const SILENT_MS_MIN = CHAOS_LIMITS.goneAfterMs * 0.6;

export type Misfortunes = Pick<Books, "blows" | "stalls">;

/** Whether something befell the attempt's node in its time that allows to give it up. */
export function isExcused(attempt: ReportAttempt, { blows, stalls }: Misfortunes): boolean {
  const fromMs = Date.parse(attempt.startedAt) - SLACK_MS;
  const untilMs = fromMs + attempt.durationMs + 2 * SLACK_MS + CHAOS_LIMITS.goneAfterMs;
  const isStalled = stalls.some((stall) => stall.fromMs <= untilMs && stall.untilMs >= fromMs);
  // A machine that stood still for long made its nodes silent.
  if (isStalled && isSettled(attempt)) return true;
  return blows
    .filter((blow) => blow.nodeName === attempt.node)
    .filter((blow) => blow.fromMs <= untilMs && (blow.untilMs ?? untilMs) + SLACK_MS >= fromMs)
    .some((blow) => mayCost(attempt, blow));
}

/** Given up by the gateway; what it ran on may be well. */
function isSettled({ status, late, error }: ReportAttempt): boolean {
  return late && (status !== "lost" || error?.code === "crashed");
}

function mayCost({ status, error }: ReportAttempt, blow: Blow): boolean {
  const lengthMs = (blow.untilMs ?? Number.POSITIVE_INFINITY) - blow.fromMs;
  const isAway =
    blow.kind === "node.kill" ||
    (blow.kind === "node.cut" && blow.way !== "http") ||
    blow.kind === "node.deaf" ||
    (blow.kind === "node.freeze" && lengthMs >= SILENT_MS_MIN);
  // Settled before its outcome came: the node itself was away. One that began as it came back is called off.
  if (status !== "lost") return isAway;
  switch (error?.code) {
    case "crashed":
      return blow.kind === "node.kill";
    case "browser_crash":
      return blow.kind === "browser.kill";
    default:
      return false;
  }
}
