/** P: a forecast in lines for people: the order of the tests, then what all of them take. */
import type { RunForecast } from "#proto/plan.ts";
import { tableText } from "../table.ts";
import { durationText } from "./progress-text.ts";

/** One line a test; what is not known is said as such. */
export function forecastLines(forecast: RunForecast): readonly string[] {
  const rows = forecast.tests.map(({ key, node, startMs, endMs, expectedMs, reason }) => [
    startMs === undefined ? "?" : durationText(startMs),
    startMs === undefined || endMs === undefined
      ? "?"
      : `${durationText(endMs - startMs)}${expectedMs === undefined ? "?" : ""}`,
    node ?? "none",
    reason === undefined ? key : `${key}: ${reason}`,
  ]);
  const table = rows.length === 0 ? [] : [tableText([["START", "TAKES", "NODE", "TEST"], ...rows])];
  return [...forecast.warnings, ...table, spanText(forecast), ...unknownLines(forecast)];
}

function spanText({ nodes, tests, skipped, ...forecast }: RunForecast): string {
  const slots = nodes.reduce((sum, node) => sum + node.slots, 0);
  const fleet = `${countText(nodes.length, forecast.isStated ? "stated node" : "node")}, ${countText(slots, "slot")}`;
  const count = countText(tests.length, "test") + (skipped === 0 ? "" : `, ${skipped} skipped`);
  const { makespanMs, lowerBoundMs } = forecast;
  if (makespanMs === undefined || lowerBoundMs === undefined)
    return `expected: unknown, only the order is said; ${count} on ${fleet}`;
  const ratio = lowerBoundMs > 0 ? ` (${(makespanMs / lowerBoundMs).toFixed(2)} times it)` : "";
  return `expected: ${durationText(makespanMs)}, lower bound ${durationText(lowerBoundMs)}${ratio}; ${count} on ${fleet}`;
}

function unknownLines({ unknown, tests, assumedMs }: RunForecast): readonly string[] {
  if (unknown === 0) return [];
  const who = `${unknown} of ${countText(tests.length, "test")}`;
  if (assumedMs === undefined)
    return [`unknown: no test has passed before, as far as is known here`];
  return [
    `unknown: ${who} never passed, as far as is known here (marked ?); counted as the median of their suite, or ${durationText(assumedMs)}`,
  ];
}

const countText = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? "" : "s"}`;
