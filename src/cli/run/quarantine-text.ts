/** P: how people are told that a test is quarantined. */
import type { ReportQuarantine, ReportTest } from "#proto/report.ts";

/** `quarantined by ann until 2026-12-01: BUG-1` */
export function quarantineText({ owner, until, reason }: ReportQuarantine): string {
  return `quarantined by ${owner} until ${until.slice(0, 10)}: ${reason}`;
}

/** Failed or flaky and quarantined: of a test on the list that passed there is nothing to excuse. */
export function isExcused({ verdict, quarantined }: ReportTest): boolean {
  return quarantined !== undefined && (verdict === "failed" || verdict === "flaky");
}
