/** `panoptic runs`: the newest runs of a gateway. */
import { createApiClient } from "../api-client.ts";
import type { Context } from "../context.ts";
import { type EndpointOptions, needEndpoint } from "../endpoint.ts";
import { durationText } from "../run/progress-text.ts";
import { tableText } from "../table.ts";

const RUNS_SHOWN = 50;

/** Prints one line a run, newest first. */
export async function listRuns(
  options: EndpointOptions & { readonly json?: boolean },
  context: Context,
): Promise<number> {
  const runs = await createApiClient(needEndpoint(options, context.config)).runs(RUNS_SHOWN);
  if (options.json) context.terminal.say(JSON.stringify(runs));
  else if (runs.length === 0) context.terminal.say("no runs yet");
  else {
    const rows = runs.map((run) => [
      run.id,
      run.status ?? run.state,
      // A lost test is decided, and nobody would call it done.
      `${run.finished - run.totals.lost}/${run.totals.planned}`,
      durationText(run.durationMs),
      run.startedAt,
    ]);
    context.terminal.say(tableText([["RUN", "STATUS", "TESTS", "TIME", "STARTED"], ...rows]));
  }
  return 0;
}
