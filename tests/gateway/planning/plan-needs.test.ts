/** What a plan makes of needs and waits: pools, groups, tests that were not chosen. */
import { expect, test } from "vitest";
import { planRun } from "#gateway/planning/plan-run.ts";
import { SubmitRun } from "#proto/api.ts";

function plan(tests: readonly object[], options: object = {}) {
  const text = JSON.stringify({
    name: "s",
    defaults: { platform: "http" },
    tests: tests.map((one) => ({ steps: [{ wait: 1 }], ...one })),
  });
  const body = SubmitRun.parse({ suites: [{ file: "s.json", text }], options });
  const planned = planRun(body, { nodesFor: () => [], whyNodeless: () => "" });
  if (planned.kind === "refused") throw new Error(planned.faults.join("\n"));
  return planned;
}

test("planRun() names the pool of each test, and asks for what the others of its group need", () => {
  const tests = [
    { name: "a", group: "g" },
    { name: "b", group: "g", needs: { labels: ["lab"], pool: "lab-2" } },
    { name: "c" },
  ];
  expect(plan(tests, { pool: "lab-3" }).tests.map(({ needs }) => needs)).toEqual([
    { labels: [], pool: "lab-3", also: [{ platform: "http", labels: ["lab"], pool: "lab-2" }] },
    { labels: ["lab"], pool: "lab-2", also: [{ platform: "http", labels: [], pool: "lab-3" }] },
    { labels: [], pool: "lab-3" },
  ]);
  expect(plan([{ name: "a" }]).tests[0]?.needs).toEqual({ labels: [], pool: "default" });
});

test("planRun() does not wait for tests that were not chosen, and says so", () => {
  const { tests, warnings } = plan(
    [{ name: "before" }, { name: "then", after: "before", tags: ["only"] }],
    { tags: ["only"] },
  );
  expect(tests.map(({ name, schedule }) => [name, schedule?.after])).toEqual([["then", undefined]]);
  expect(warnings).toEqual([
    's.json:1:1 Warning: s › then does not wait for "before", as it is not among the selected tests',
  ]);
});
