/** The audit of dependencies in the gate: what npm says, and that an audit which did not happen is never called one. */
import { join } from "node:path";
import { expect, test } from "vitest";

type Judge = (output: string) => { readonly outcome: string; readonly detail: string };
const script = join(import.meta.dirname, "../../scripts/audit.mjs");
const { judgeAudit } = (await import(script)) as { readonly judgeAudit: Judge };

const counts = { info: 0, low: 1, moderate: 2, high: 0, critical: 0 };
const said = (vulnerabilities: object, of: object = {}) =>
  `npm warn something\n${JSON.stringify({ auditReportVersion: 2, vulnerabilities: of, metadata: { vulnerabilities } })}\n`;

test("judgeAudit() passes what is moderate or low, and tells it", () => {
  expect(judgeAudit(said(counts))).toEqual({
    outcome: "clean",
    detail: "0 critical, 0 high, 2 moderate, 1 low",
  });
});

test("judgeAudit() names what is high or critical", () => {
  const of = {
    bad: { name: "bad", severity: "high", range: "<2" },
    mild: { name: "mild", severity: "low", range: "*" },
  };
  const { outcome, detail } = judgeAudit(said({ ...counts, high: 1 }, of));
  expect(outcome).toBe("found");
  expect(detail).toContain("bad <2 (high)");
  expect(detail).not.toContain("mild");
});

test.each([
  [
    JSON.stringify({ message: "405 Method Not Allowed", statusCode: 405 }),
    "405 Method Not Allowed",
  ],
  [JSON.stringify({ error: { code: "ENOTFOUND", summary: "no network" } }), "no network"],
  ["", "nothing readable"],
  ["<html>{</html>", "nothing readable"],
  ["{}", "nothing readable"],
])("judgeAudit() calls %s no audit", (output, reason) => {
  const { outcome, detail } = judgeAudit(output);
  expect(outcome).toBe("skipped");
  expect(detail).toContain(reason);
});
