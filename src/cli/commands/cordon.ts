/** `panoptic cordon`: gives a node no new tests; it keeps those that it has, started or not. */
import { createApiClient } from "../api-client.ts";
import type { Context } from "../context.ts";
import { type EndpointOptions, needEndpoint } from "../endpoint.ts";

/** Takes a node's name or id. */
export async function cordonNode(
  node: string,
  options: EndpointOptions & { readonly json?: boolean; readonly reason: string },
  context: Context,
): Promise<number> {
  const client = createApiClient(needEndpoint(options, context.config));
  const summary = await client.cordon(node, options.reason);
  context.terminal.say(
    options.json ? JSON.stringify(summary) : `${summary.name} is cordoned: ${options.reason}`,
  );
  return 0;
}
