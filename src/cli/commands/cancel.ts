/** `panoptic cancel`: ends a run; what had not finished is lost. */

import { createApiClient } from "../api-client.ts";
import type { Context } from "../context.ts";
import { type EndpointOptions, needEndpoint } from "../endpoint.ts";

/** Asks the gateway to cancel and shows where the run stands then. */
export async function cancelRun(
  id: string,
  options: EndpointOptions & { readonly json?: boolean },
  context: Context,
): Promise<number> {
  const run = await createApiClient(needEndpoint(options, context.config)).cancel(
    id,
    "cancelled by a person",
  );
  context.terminal.say(
    options.json
      ? JSON.stringify(run)
      : `${run.id} ${run.state === "ended" ? "has ended" : "is being cancelled"}`,
  );
  return 0;
}
