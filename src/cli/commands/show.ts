/** `panoptic show`: one run, test by test, as it stands now. */
import type { Report } from "#proto/report.ts";
import { createApiClient } from "../api-client.ts";
import type { Context } from "../context.ts";
import { type EndpointOptions, needEndpoint } from "../endpoint.ts";
import { endedOf, testLines, totalsText } from "../run/progress-text.ts";

/** Prints every test that has a verdict, then the totals. */
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
  for (const line of linesOf(report)) context.terminal.say(line);
  const status = run.status ?? `running, ${run.finished} of ${run.totals.planned} finished`;
  context.terminal.say(totalsText({ ...run, status }, run.totals));
  return 0;
}

function linesOf(report: Report): string[] {
  return endedOf(report, new Set()).flatMap(testLines);
}
