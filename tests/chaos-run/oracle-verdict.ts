/** P: which verdict the target's log allows for a test, and which counted attempts. */
import type { ReportTest } from "#proto/report.ts";
import type { TestKind, TestSpec, Visit } from "./books.ts";
import type { Finding } from "./finding.ts";

/** Every test has one retry; what its counted attempts may be, and the verdict that follows. */
const ALLOWED: Readonly<Record<TestKind, Readonly<Record<string, string>>>> = {
  pass: { passed: "passed" },
  fail: { "failed,failed": "failed" },
  // The first that comes to its end fails; when that is not counted, the next one passes alone.
  flaky: { "failed,passed": "flaky", passed: "passed" },
  skip: { "": "skipped" },
};

/** Judges the verdict and how often the test was counted. */
export function judgeVerdict(
  test: TestSpec,
  told: ReportTest,
  visits: readonly Visit[],
): Finding[] {
  const of = { test: test.key };
  if (told.verdict === "lost")
    return [{ ...of, kind: "lost", text: `${test.key} is lost: ${told.reason ?? "no reason"}` }];
  const counted = told.attempts.filter((attempt) => attempt.counted).map(({ status }) => status);
  const right = ALLOWED[test.kind][counted.join(",")];
  if (right === told.verdict) return judgeFirst(test, told, visits);
  const passIndex = counted.indexOf("passed");
  // Nothing is counted after a pass, and no more than the retry after a failure.
  const isDoubled = counted.length > 2 || (passIndex >= 0 && passIndex < counted.length - 1);
  const text = `${test.key} (${test.kind}) is ${told.verdict} by ${counted.join(", ") || "no counted attempt"}`;
  return [{ ...of, kind: isDoubled ? "doubled" : "verdict", text }];
}

/** A flaky test that passed at once must have failed in an attempt that could not be counted. */
function judgeFirst(test: TestSpec, told: ReportTest, visits: readonly Visit[]): Finding[] {
  if (test.kind !== "flaky" || told.verdict !== "passed") return [];
  if (visits.some((visit) => visit.told === "no") && told.attempts.length > 1) return [];
  const text = `${test.key} (flaky) passed at its first end, which was told to fail`;
  return [{ kind: "verdict", test: test.key, text }];
}
