/** `panoptic resume`: gives a drained node tests again. */
import { createApiClient } from "../api-client.ts";
import type { Context } from "../context.ts";
import { type EndpointOptions, needEndpoint } from "../endpoint.ts";

/** Takes a node's name or id. */
export async function resumeNode(
  node: string,
  options: EndpointOptions & { readonly json?: boolean },
  context: Context,
): Promise<number> {
  const summary = await createApiClient(needEndpoint(options, context.config)).setDrained(
    node,
    false,
  );
  context.terminal.say(
    options.json ? JSON.stringify(summary) : `${summary.name} takes tests again`,
  );
  return 0;
}
