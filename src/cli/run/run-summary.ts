/** P: what `--json` prints of a run that has ended: enough for a script to go on without reading the report. */
import type { Report } from "#proto/report.ts";

/** @param out The report's folder, absolute. */
export function summaryOf(report: Report, out: string) {
  const { shard, ...run } = report.run;
  return {
    run: shard === undefined ? run : { ...run, shard: shardInShort(shard) },
    totals: report.totals,
    failed: report.tests
      .filter(({ verdict }) => verdict === "failed" || verdict === "lost")
      .map(({ key, verdict, reason, quarantined }) => ({ key, verdict, reason, quarantined })),
    report: out,
  };
}

/** Without the tests of all slices. */
function shardInShort({ index, count, build, plan }: NonNullable<Report["run"]["shard"]>) {
  return { index, count, build, plan };
}
