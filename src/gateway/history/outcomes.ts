/**
 * Pure: the outcomes of a test on one platform, as one text of records of equal length, newest first. So the store
 * appends in one statement without reading (`substr(new || old, 1, …)`), and no book of histories is kept in memory:
 * 20 outcomes are 540 bytes. A record is a letter (p, f), the duration in tenths of a millisecond (7 digits of base 36),
 * the wall time in milliseconds (9 digits of base 36) and the node's mark (10 hex digits).
 */
import { createHash } from "node:crypto";
import {
  HISTORY_DURATION_MS_MAX,
  HISTORY_LENGTH,
  HISTORY_WALL_MS_MAX,
  type HistoryOutcome,
} from "#proto/history.ts";
import type { NodeId } from "#proto/ids.ts";

const DURATION_DIGITS = 7;
const WALL_DIGITS = 9;
const MARK_DIGITS = 10;
const RECORD_LENGTH = 1 + DURATION_DIGITS + WALL_DIGITS + MARK_DIGITS;

/** The most that a test's outcomes take as text, characters. */
export const OUTCOMES_LENGTH_MAX = HISTORY_LENGTH * RECORD_LENGTH;

/** Names a node in histories: 10 hex digits of a hash of its id. */
export function nodeMark(nodeId: NodeId): string {
  return createHash("sha256").update(nodeId).digest("hex").slice(0, MARK_DIGITS);
}

/** One outcome as its record; what is beyond the bounds of proto/history.ts is kept as the bound. */
export function recordOf(outcome: HistoryOutcome): string {
  const tenths = Math.round(Math.min(outcome.durationMs, HISTORY_DURATION_MS_MAX) * 10);
  const wallMs = Math.round(Math.min(outcome.wallMs, HISTORY_WALL_MS_MAX));
  return (
    outcome.status.charAt(0) +
    digits(tenths, DURATION_DIGITS) +
    digits(wallMs, WALL_DIGITS) +
    outcome.node
  );
}

function digits(value: number, length: number): string {
  return value.toString(36).padStart(length, "0");
}

/** The records of outcomes that stand newest first, at most 20 of them. */
export function textOf(outcomes: readonly HistoryOutcome[]): string {
  return outcomes.slice(0, HISTORY_LENGTH).map(recordOf).join("");
}

/** What {@link textOf} wrote, newest first. */
export function outcomesIn(text: string): HistoryOutcome[] {
  const outcomes: HistoryOutcome[] = [];
  for (let at = 0; at + RECORD_LENGTH <= text.length; at += RECORD_LENGTH) {
    const wallAt = at + 1 + DURATION_DIGITS;
    const markAt = wallAt + WALL_DIGITS;
    outcomes.push({
      status: text.charAt(at) === "p" ? "passed" : "failed",
      durationMs: Number.parseInt(text.slice(at + 1, wallAt), 36) / 10,
      wallMs: Number.parseInt(text.slice(wallAt, markAt), 36),
      node: text.slice(markAt, at + RECORD_LENGTH),
    });
  }
  return outcomes;
}

/** A further outcome before those that are there; the oldest is forgotten. */
export function appendRecord(text: string, record: string): string {
  return (record + text).slice(0, OUTCOMES_LENGTH_MAX);
}

/**
 * The newest 20 of both: an outcome that both have counts as often as in the one that has it more often. So merging
 * the same again changes nothing, and the order of merges does not matter.
 */
export function mergeOutcomes(
  known: readonly HistoryOutcome[],
  more: readonly HistoryOutcome[],
): HistoryOutcome[] {
  const counts = new Map<string, number>();
  for (const record of known.map(recordOf)) counts.set(record, (counts.get(record) ?? 0) + 1);
  const added = more.map(recordOf).filter((record) => {
    const left = counts.get(record) ?? 0;
    if (left > 0) counts.set(record, left - 1);
    return left === 0;
  });
  return [...outcomesIn(textOfRecords(known)), ...outcomesIn(added.join(""))]
    .sort(newestFirst)
    .slice(0, HISTORY_LENGTH);
}

function textOfRecords(outcomes: readonly HistoryOutcome[]): string {
  return outcomes.map(recordOf).join("");
}

/** By time, then by what they say: two histories with the same outcomes are the same text. */
function newestFirst(a: HistoryOutcome, b: HistoryOutcome): number {
  if (a.wallMs !== b.wallMs) return b.wallMs - a.wallMs;
  const [left, right] = [recordOf(a), recordOf(b)];
  if (left === right) return 0;
  return left < right ? 1 : -1;
}
