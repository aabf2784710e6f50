/** `panoptic drain`: gives a node no new tests; what runs on it runs to its end, or to the deadline. */
import type { DrainNode } from "#proto/fleet.ts";
import { createApiClient } from "../api-client.ts";
import type { Context } from "../context.ts";
import { type EndpointOptions, needEndpoint } from "../endpoint.ts";

export type DrainOptions = EndpointOptions & {
  readonly json?: boolean;
  readonly reason?: string;
  /** From now on, milliseconds. */
  readonly deadline?: number;
};

/** Takes a node's name or id. */
export async function drainNode(
  node: string,
  options: DrainOptions,
  context: Context,
): Promise<number> {
  const { reason, deadline } = options;
  const wish: DrainNode = {
    ...(reason === undefined ? {} : { reason }),
    ...(deadline === undefined ? {} : { deadlineMs: deadline }),
  };
  const client = createApiClient(needEndpoint(options, context.config));
  const summary = await client.setDrained(node, true, wish);
  const until = summary.drain?.deadlineAt;
  const ends =
    until === undefined ? "" : `; what runs there is ended at ${until} and runs elsewhere`;
  context.terminal.say(
    options.json ? JSON.stringify(summary) : `${summary.name} is drained${ends}`,
  );
  return 0;
}
