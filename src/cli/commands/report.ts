/** `panoptic report`: writes the report of a run that a gateway keeps. */
import { createApiClient } from "../api-client.ts";
import { junitForm } from "../ci/gitlab-places.ts";
import type { Context } from "../context.ts";
import { type EndpointOptions, needEndpoint } from "../endpoint.ts";
import { forPeople, fromCaller } from "../paths.ts";
import { rememberReport } from "../report/last-report.ts";
import { checkOutFolder } from "../report/out-folder.ts";
import { fetchReport, writeReport } from "../report/write-report.ts";

export type ReportOptions = EndpointOptions & { readonly out: string; readonly json?: boolean };

/** Writes it as it stands now; a run that goes on has tests without a verdict counted as lost. */
export async function saveReport(
  id: string,
  options: ReportOptions,
  context: Context,
): Promise<number> {
  const { config, terminal, clock } = context;
  const out = fromCaller(config.callerDir, options.out);
  checkOutFolder(out);
  const client = createApiClient(needEndpoint(options, config));
  const report = await writeReport(
    await fetchReport({ client, runId: id, clock, pendingMsMax: 0, awayMsMax: 0 }),
    out,
    { client, forJunit: junitForm(config, out) },
  );
  rememberReport(out, context);
  const place = forPeople(config.callerDir, out);
  terminal.say(
    options.json
      ? JSON.stringify({ run: report.run, totals: report.totals, report: out })
      : `report: ${place}`,
  );
  return 0;
}
