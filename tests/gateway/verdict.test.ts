import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { countStrikes, isLoss, judgeTest, type TestOutcome } from "#gateway/merge/verdict.ts";
import type { TestState } from "#gateway/mesh/run-state.ts";
import { DEFAULT_LIMITS } from "#shared/limits.ts";
import { type LeaseStory, leaseOf, testOf } from "./make.ts";

const budgets = DEFAULT_LIMITS;
const pass: LeaseStory = { end: "passed" };
const fail: LeaseStory = { end: "failed" };
const lost: LeaseStory = { end: "lost", loss: "browser_crash", message: "The browser crashed" };
const crashed: LeaseStory = { end: "lost", loss: "crashed" };
const died: LeaseStory = { end: "running", settlement: { cause: "node_died" } };
const silent: LeaseStory = { end: "running", settlement: { cause: "node_silent" } };
const unstarted: LeaseStory = { settlement: { kind: "recalled", cause: "recalled" } };
const latePass: LeaseStory = { end: "passed", settlement: {} };
const revokedPass: LeaseStory = { end: "passed", settlement: { isRevoked: true } };
const offered: LeaseStory = {};
const running: LeaseStory = { end: "running" };
const cancelled: LeaseStory = { end: "cancelled" };

const times = (count: number, story: LeaseStory) => Array.from({ length: count }, () => story);

/** `queued`, `alone`, `active`, or the verdict. */
function wordOf(outcome: TestOutcome): string {
  if (outcome.kind === "decided") return outcome.verdict;
  return outcome.kind === "queued" && outcome.isAlone ? "alone" : outcome.kind;
}

describe("judgeTest() by C1 to C4", () => {
  test.each<[name: string, told: readonly LeaseStory[], becomes: readonly [number, string]]>([
    ["nothing yet", [], [0, "queued"]],
    ["offered", [offered], [0, "active"]],
    ["running", [running], [0, "active"]],
    ["passed", [pass], [0, "passed"]],
    ["failed without retries", [fail], [0, "failed"]],
    ["failed with a retry left", [fail], [1, "queued"]],
    ["failed, and again running", [fail, running], [1, "active"]],
    ["all retries failed", [fail, fail], [1, "failed"]],
    ["C2: a pass after a failure", [fail, pass], [1, "flaky"]],
    ["C2: a pass after a loss is a plain pass", [lost, pass], [0, "passed"]],
    ["C2: a loss between failure and pass changes nothing", [fail, lost, pass], [1, "flaky"]],
    ["C3: a loss is run again without retries", [lost], [0, "queued"]],
    ["C3: losses use no retries", [lost, lost, fail], [1, "queued"]],
    ["C3: one loss before the end of the budget", times(4, lost), [0, "queued"]],
    ["C3: the budget of losses is used", times(5, lost), [0, "lost"]],
    ["C2: failed, then losses until the end", [fail, ...times(5, silent)], [2, "failed"]],
    ["L3: what never started uses no budget", times(20, unstarted), [0, "queued"]],
    ["leases without end have a bound", times(200, unstarted), [0, "lost"]],
    ["C1: a late pass never counts", [latePass], [0, "queued"]],
    ["C1: a late pass is not a pass before a failure", [latePass, fail], [0, "failed"]],
    ["C1: a late outcome uses the budget of losses", times(5, latePass), [0, "lost"]],
    ["C1: a revoked settlement lets the outcome count", [revokedPass], [0, "passed"]],
    ["C4: one strike", [died], [0, "queued"]],
    ["C4: two strikes: alone", [died, died], [0, "alone"]],
    ["C4: strikes told by the node count the same", [crashed, died], [0, "alone"]],
    ["C4: three strikes: poison", [died, crashed, died], [0, "lost"]],
    ["C4: poison after a failure is failed", [fail, died, died, died], [2, "failed"]],
    ["C4: silence is no strike", [silent, silent, silent], [0, "queued"]],
    ["C4: a browser's crash is no strike", [lost, lost, lost], [0, "queued"]],
    ["a cancelled attempt counts for nothing", [cancelled], [0, "queued"]],
  ])("%s", (_, stories, [retries, expected]) => {
    expect(wordOf(judgeTest(testOf(stories, { retries }), budgets))).toBe(expected);
  });

  test("a skipped test is skipped with its reason, whatever else", () => {
    const outcome = judgeTest(testOf([fail], { skip: "Not on phones" }), budgets);
    expect(outcome).toEqual({ kind: "decided", verdict: "skipped", reason: "Not on phones" });
  });

  test("a pass in which no step was executed is skipped, not passed", () => {
    const steps = new Map([[0, "skipped"]] as const);
    expect(wordOf(judgeTest(testOf([{ end: "passed", steps }]), budgets))).toBe("skipped");
    expect(wordOf(judgeTest(testOf([{ end: "passed", steps: new Map() }]), budgets))).toBe(
      "skipped",
    );
  });

  test("a closed test waits for its active lease, then is lost, or failed when it had failed", () => {
    const closed = { code: "no_node", reason: "No node is there" } as const;
    const judge = (stories: readonly LeaseStory[], retries = 1) =>
      judgeTest({ ...testOf(stories, { retries }), closed }, budgets);
    expect(judge([running])).toEqual({ kind: "active" });
    expect(judge([])).toEqual({ kind: "decided", verdict: "lost", reason: "No node is there" });
    expect(wordOf(judge([fail]))).toBe("failed");
    expect(wordOf(judge([fail, pass]))).toBe("flaky");
  });

  test("why it is lost is said: the last loss, the poison, the bound", () => {
    const reason = (stories: readonly LeaseStory[]) => judgeTest(testOf(stories), budgets);
    expect(reason(times(5, lost))).toMatchObject({ reason: "Lost 5 times: The browser crashed" });
    expect(reason(times(3, died))).toMatchObject({
      reason: "Poison: 3 node processes died while they ran it",
    });
    expect(reason(times(200, unstarted))).toMatchObject({
      reason: "Offered 200 times without an end: Silent",
    });
  });
});

const over = fc.constantFrom(
  pass,
  fail,
  lost,
  crashed,
  died,
  silent,
  unstarted,
  latePass,
  revokedPass,
  cancelled,
);
const stories = fc.array(over, { maxLength: 8 });
const retries = fc.integer({ min: 0, max: 3 });

const isCountedStory = (story: LeaseStory) =>
  (story.end === "passed" || story.end === "failed") &&
  (story.settlement === undefined || story.settlement.isRevoked === true);

test("C2: the verdict of the counted attempts is that of their order by lease number alone", () => {
  fc.assert(
    fc.property(stories, retries, (told, retryCount) => {
      const counted = told.filter(isCountedStory).map((story) => story.end);
      const word = wordOf(judgeTest(testOf(told, { retries: retryCount }), budgets));
      const firstPass = counted.indexOf("passed");
      if (firstPass === 0) expect(word).toBe("passed");
      else if (firstPass > 0) expect(word).toBe("flaky");
      else if (counted.length > retryCount) expect(word).toBe("failed");
      else expect(["queued", "alone", "lost", "failed"]).toContain(word);
      if (word === "failed") expect(counted.length).toBeGreaterThan(0);
    }),
  );
});

test("what is not counted changes no verdict by counted attempts", () => {
  fc.assert(
    fc.property(stories, stories, retries, (told, extra, retryCount) => {
      const before = judgeTest(testOf(told, { retries: retryCount }), budgets);
      if (before.kind !== "decided" || before.verdict === "lost" || before.reason !== undefined)
        return;
      const noise = extra.filter((story) => !isCountedStory(story));
      const after = judgeTest(
        testOf([...noise, ...told, ...noise], { retries: retryCount }),
        budgets,
      );
      expect(after).toEqual(before);
    }),
  );
});

test("the outcome does not depend on the order in which steps and events arrived, only on lease numbers", () => {
  fc.assert(
    fc.property(stories, retries, (told, retryCount) => {
      // The same ledger, filled in another order.
      const one = testOf(told, { retries: retryCount });
      const other: TestState = {
        ...testOf([], { retries: retryCount }),
        leases: told
          .map((story, index) => ({ story, number: index + 1 }))
          .reverse()
          .map(({ story, number }) => leaseOf(number, story))
          .sort((a, b) => a.number - b.number),
      };
      expect(judgeTest(other, budgets)).toEqual(judgeTest(one, budgets));
    }),
  );
});

test("every test comes to an end: whatever happens to its leases, a bound is reached", () => {
  fc.assert(
    fc.property(fc.infiniteStream(over), retries, (endless, retryCount) => {
      const told: LeaseStory[] = [];
      for (const story of endless) {
        if (judgeTest(testOf(told, { retries: retryCount }), budgets).kind === "decided") return;
        told.push(story);
        expect(told.length).toBeLessThanOrEqual(budgets.leasesPerTestMax);
      }
    }),
    { numRuns: 30 },
  );
});

test("losses and strikes are within the attempts that started", () => {
  fc.assert(
    fc.property(stories, (told) => {
      const one = testOf(told);
      const losses = one.leases.filter(isLoss);
      expect(losses.every((lease) => lease.attempt !== undefined)).toBe(true);
      expect(countStrikes(one)).toBeLessThanOrEqual(losses.length);
    }),
  );
});
