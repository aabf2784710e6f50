/** `panoptic show`: one run, test by test, as it stands now. */
import { createApiClient } from "../api-client.ts";
import type { Context } from "../context.ts";
import { type EndpointOptions, needEndpoint } from "../endpoint.ts";
import { standingLines, totalsLine } from "../run/progress-text.ts";

/** Prints how every test stands, then the totals. */
export async function showRun(
  id: string,
  options: EndpointOptions & { readonly json?: boolean },
  context: Context,
): Promise<number> {
  const client = createApiClient(needEndpoint(options, context.config));
  const [run, report] = await Promise.all([client.run(id), client.report(id)]);
  if (options.json) {
    context.terminal.say(JSON.stringify({ ...run, tests: report.tests }));
    return 0;
  }
  for (const line of standingLines(report)) context.terminal.say(line);
  const status = run.status ?? `running, ${run.finished} of ${run.totals.planned} finished`;
  context.terminal.say(totalsLine({ ...run, status }, run.totals));
  return 0;
}
