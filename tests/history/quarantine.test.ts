import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { newRunState } from "#gateway/mesh/create.ts";
import type { RunState } from "#gateway/mesh/run-state.ts";
import { concludeRun, totalsOf } from "#gateway/mesh/summary.ts";
import { createQuarantine, expiredWarnings } from "#gateway/quarantine/quarantine.ts";
import { refuseEntries } from "#gateway/quarantine/refuse-entries.ts";
import { RunOptions } from "#proto/api.ts";
import type { QuarantineEntry } from "#proto/quarantine.ts";
import type { Verdict } from "#proto/report.ts";
import { systemClock } from "#shared/clock.ts";
import { definitionOf, runId } from "../gateway/make.ts";

const NOW_MS = Date.parse("2026-11-21T12:00:00Z");
const inDays = (days: number) => new Date(NOW_MS + days * 24 * 3_600_000).toISOString();
const entry = (key: string, own: Partial<QuarantineEntry> = {}): QuarantineEntry => ({
  key,
  owner: "ann",
  reason: "BUG-1",
  expiresAt: inDays(7),
  ...own,
});

/** Tests `suite › test 0`, `suite › test 1` … with these verdicts, under a list. */
function runOf(
  verdicts: readonly Verdict[],
  quarantine: readonly QuarantineEntry[],
  options: Partial<RunOptions> = {},
): RunState {
  const run = newRunState(
    {
      runId,
      definitions: verdicts.map((_, index) => definitionOf(index)),
      options: RunOptions.parse(options),
      secrets: {},
      sealedSecrets: undefined,
      idempotencyKey: undefined,
      bodySha256: "0",
      quarantine,
    },
    { ...systemClock, wallMs: () => NOW_MS },
  );
  for (const [index, verdict] of verdicts.entries()) {
    const one = run.tests[index];
    if (one !== undefined) one.decided = { verdict };
  }
  return run;
}

const first = entry("suite › test 0");
const strict = { failOnFlaky: true };

describe("concludeRun() under a quarantine list", () => {
  test.each<[string, RunState, string, number]>([
    ["a quarantined failure fails nothing", runOf(["failed", "passed"], [first]), "passed", 0],
    ["it is an execution, too", runOf(["failed"], [first]), "passed", 0],
    ["another's failure fails the run", runOf(["failed", "failed"], [first]), "failed", 1],
    ["a lost test stays lost", runOf(["lost", "passed"], [first]), "incomplete", 3],
    [
      "an expired entry does not count",
      runOf(["failed"], [entry(first.key, { expiresAt: inDays(0) })]),
      "failed",
      1,
    ],
    ["a flaky test fails a strict run", runOf(["flaky", "passed"], [], strict), "failed", 1],
    ["a quarantined flaky test does not", runOf(["flaky", "passed"], [first], strict), "passed", 0],
    ["and nothing does when it is not strict", runOf(["flaky"], []), "passed", 0],
    ["lost outweighs flaky", runOf(["flaky", "lost"], [], strict), "incomplete", 3],
  ])("%s", (_, run, ...[status, exitCode]) => {
    expect(concludeRun(run)).toMatchObject({ status, exitCode });
  });

  test("says why a run without a failure failed", () => {
    expect(concludeRun(runOf(["flaky", "flaky"], [], strict)).reason).toContain(
      "2 tests are flaky",
    );
  });

  test("totals count quarantined failures as failed, and say how many they are", () => {
    expect(totalsOf(runOf(["failed", "failed", "passed"], [first]))).toMatchObject({
      failed: 2,
      quarantined: 1,
    });
    expect(totalsOf(runOf(["passed"], [first]))).not.toHaveProperty("quarantined");
  });

  test("with any list: exit code 0 only when every failed test is on it and none is lost", () => {
    const verdicts = fc.constantFrom<Verdict>("passed", "failed", "flaky", "skipped", "lost");
    fc.assert(
      fc.property(
        fc.array(verdicts, { maxLength: 6 }),
        fc.subarray([0, 1, 2, 3, 4, 5]),
        (all, listed) => {
          const run = runOf(
            all,
            listed.map((index) => entry(`suite › test ${index}`)),
          );
          const isBad = all.some(
            (verdict, index) =>
              verdict === "lost" || (verdict === "failed" && !listed.includes(index)),
          );
          if (concludeRun(run).exitCode === 0) expect(isBad).toBe(false);
          if (isBad) expect(concludeRun(run).exitCode).not.toBe(0);
        },
      ),
    );
  });
});

describe("createQuarantine() finds", () => {
  const find = (key: string, own: Record<string, unknown> = {}) =>
    createQuarantine([entry(key)], NOW_MS).find(definitionOf(1, own))?.key;

  test("a test by its whole key, and no other that only begins like it", () => {
    expect(find("suite › test 1")).toBe("suite › test 1");
    expect(find("suite › test")).toBeUndefined();
    expect(find("suite › test 11")).toBeUndefined();
  });
  test("a test by a pattern", () => {
    expect(find("/TEST \\d$/i")).toBeDefined();
    expect(find("/test 2/")).toBeUndefined();
  });
  test("a repetition by the name of its history", () => {
    const own = { key: "suite › test 1 [repeat=2]", historyKey: "suite › test 1" };
    expect(find("suite › test 1", own)).toBe("suite › test 1");
  });
});

test("expiredWarnings() says what has expired of this run's tests alone, with owner and reason", () => {
  const expired = entry("suite › test 0", { expiresAt: inDays(-1) });
  const others = [entry("other", { expiresAt: inDays(-1) }), entry("suite › test 1")];
  const warnings = expiredWarnings(
    [expired, ...others],
    [definitionOf(0), definitionOf(1)],
    NOW_MS,
  );
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatch(/suite › test 0 has expired.*ann.*BUG-1/);
});

describe("refuseEntries()", () => {
  const bounds = {
    limits: { quarantineMax: 2, quarantineMsMax: 90 * 24 * 3_600_000 },
    nowWallMs: NOW_MS,
  };
  const refuse = (entries: readonly QuarantineEntry[], keys: readonly string[] = []) =>
    refuseEntries(entries, new Set(keys), bounds);

  test("takes what is within the bounds, and an entry in the place of another", () => {
    expect(refuse([entry("a"), entry("b", { expiresAt: inDays(90) })])).toEqual([]);
    expect(refuse([entry("a")], ["a", "b"])).toEqual([]);
    expect(refuse([entry("a", { expiresAt: inDays(-3) })])).toEqual([]);
  });
  test("refuses one too many, by the limit's name", () => {
    expect(refuse([entry("c")], ["a", "b"])[0]).toMatch(/at most 2 entries \(quarantineMax\)/);
  });
  test("refuses one that expires too late, by its key", () => {
    expect(refuse([entry("a", { expiresAt: inDays(91) })])[0]).toMatch(
      /^Cannot quarantine a .*90 days.*91/,
    );
  });
  test("refuses a pattern that is none, by its text", () => {
    expect(refuse([entry("/(/")])[0]).toContain("Cannot quarantine /(/");
  });
});
