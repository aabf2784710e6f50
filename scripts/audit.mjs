/**
 * P: what `npm audit --json` said of the packages that the product runs with. A registry that does not answer has audited
 * nothing: that is `skipped` with the reason, never `clean`.
 */

/** Words for npm: one try, within a bound, what only development needs left out. */
export const AUDIT_WORDS = [
  "audit",
  "--omit=dev",
  "--audit-level=high",
  "--json",
  "--fetch-retries=0",
  "--fetch-timeout=20000",
];

/** `{ outcome: "clean" | "found" | "skipped", detail }`; what is moderate or low is told and fails nothing. */
export function judgeAudit(output) {
  const report = reportIn(output);
  const counts = report?.metadata?.vulnerabilities;
  if (counts === undefined) {
    const said = report?.message ?? report?.error?.summary ?? "it said nothing readable";
    const reason = said.replace(/ - [A-Z]+ https?:\S+/g, "");
    return { outcome: "skipped", detail: `not audited, the service did not answer: ${reason}` };
  }
  const { low = 0, moderate = 0, high = 0, critical = 0 } = counts;
  const detail = `${critical} critical, ${high} high, ${moderate} moderate, ${low} low`;
  if (critical + high === 0) return { outcome: "clean", detail };
  const grave = Object.values(report.vulnerabilities ?? {}).filter(({ severity }) =>
    ["high", "critical"].includes(severity),
  );
  const names = grave.map(({ name, severity, range }) => `${name} ${range} (${severity})`);
  return { outcome: "found", detail: `${detail}: ${names.join(", ")}` };
}

/** npm's warnings may stand around the JSON. */
function reportIn(output) {
  const start = output.indexOf("{");
  try {
    return JSON.parse(output.slice(start, output.lastIndexOf("}") + 1));
  } catch {
    // No report: whoever answered was no audit service.
    return undefined;
  }
}
