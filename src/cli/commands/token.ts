/** `panoptic token`: prints a join token of the gateway. */
import { createApiClient } from "../api-client.ts";
import type { Context } from "../context.ts";
import { type EndpointOptions, needEndpoint } from "../endpoint.ts";

/** Prints one word: where the mesh is and a credential for nodes. */
export async function printToken(options: EndpointOptions, context: Context): Promise<number> {
  context.terminal.say(await createApiClient(needEndpoint(options, context.config)).joinToken());
  return 0;
}
