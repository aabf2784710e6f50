/** `panoptic drain`: gives a node no new tests; what runs on it runs to its end. */
import { createApiClient } from "../api-client.ts";
import type { Context } from "../context.ts";
import { type EndpointOptions, needEndpoint } from "../endpoint.ts";

/** Takes a node's name or id. */
export async function drainNode(
  node: string,
  options: EndpointOptions & { readonly json?: boolean },
  context: Context,
): Promise<number> {
  const summary = await createApiClient(needEndpoint(options, context.config)).setDrained(
    node,
    true,
  );
  context.terminal.say(options.json ? JSON.stringify(summary) : `${summary.name} is drained`);
  return 0;
}
