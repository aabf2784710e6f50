/** A forecast as people read it: what is not known is said, and never counted as known. */
import { expect, test } from "vitest";
import { parseFleet } from "#cli/option-values.ts";
import { forecastLines } from "#cli/run/forecast-lines.ts";
import type { RunForecast } from "#proto/plan.ts";

const FORECAST: RunForecast = {
  tests: [
    { key: "s › a", node: "node-1", startMs: 0, endMs: 4_000, expectedMs: 4_000 },
    { key: "s › b", node: "node-2", startMs: 0, endMs: 2_000 },
    { key: "s › c", reason: "No node has label moon" },
  ],
  skipped: 1,
  nodes: [
    { name: "node-1", slots: 2, speed: 1 },
    { name: "node-2", slots: 1, speed: 2 },
  ],
  isStated: false,
  makespanMs: 4_000,
  lowerBoundMs: 3_200,
  unknown: 1,
  assumedMs: 2_000,
  warnings: ["careful"],
};

test("forecastLines() says order, makespan, bound, and what it does not know", () => {
  expect(forecastLines(FORECAST).join("\n").split("\n")).toEqual([
    "careful",
    "START  TAKES  NODE    TEST",
    "0ms    4.0s   node-1  s › a",
    "0ms    2.0s?  node-2  s › b",
    "?      ?      none    s › c: No node has label moon",
    "expected: 4.0s, lower bound 3.2s (1.25 times it); 3 tests, 1 skipped on 2 nodes, 3 slots",
    "unknown: 1 of 3 tests never passed, as far as is known here (marked ?); counted as the median of their suite, or 2.0s",
  ]);
});

test("forecastLines() of a run of which nothing is known says no time", () => {
  const { makespanMs: _m, lowerBoundMs: _l, assumedMs: _a, ...rest } = FORECAST;
  const lines = forecastLines({ ...rest, unknown: 3, isStated: true });
  expect(lines.slice(-2)).toEqual([
    "expected: unknown, only the order is said; 3 tests, 1 skipped on 2 stated nodes, 3 slots",
    "unknown: no test has passed before, as far as is known here",
  ]);
});

test("parseFleet() reads unlike nodes, and refuses what is none", () => {
  expect(parseFleet("4x2, 2x1")).toEqual([
    { nodes: 4, slots: 2 },
    { nodes: 2, slots: 1 },
  ]);
  for (const text of ["", "4", "4x", "0x1", "1x0", "4x2,", "10001x1", "axb"])
    expect(() => parseFleet(text), text).toThrow(/such as 4x2,2x1/);
});
