/** P */
import type { Report } from "#proto/report.ts";
export function junitXml(report: Report): string {
  return `<testsuites tests="${report.totals.planned}"/>`;
}
