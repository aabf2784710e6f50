/** `panoptic nodes`: the nodes of a mesh, and why one can do nothing. */
import type { NodeSummary } from "#proto/api.ts";
import { createApiClient } from "../api-client.ts";
import type { Context } from "../context.ts";
import { type EndpointOptions, needEndpoint } from "../endpoint.ts";
import { tableText } from "../table.ts";

/** Prints one line a node. */
export async function listNodes(
  options: EndpointOptions & { readonly json?: boolean },
  context: Context,
): Promise<number> {
  const nodes = await createApiClient(needEndpoint(options, context.config)).nodes();
  if (options.json) context.terminal.say(JSON.stringify(nodes));
  else if (nodes.length === 0)
    context.terminal.say("no nodes yet: `panoptic token` prints what a node joins with");
  else
    context.terminal.say(
      tableText([
        ["NODE", "STATE", "BUSY", "SPEED", "POOL", "ABLE", "LABELS", "UNABLE"],
        ...nodes.map(rowOf),
      ]),
    );
  return 0;
}

function rowOf(node: NodeSummary): string[] {
  const state = [node.state, ...howOf(node)].join(", ");
  return [
    node.name,
    state,
    `${node.busy}/${node.slots}`,
    (node.speed ?? 1).toFixed(2),
    node.pool ?? "default",
    node.able.join(" "),
    node.labels.join(" "),
    [...node.unable, ...heldOf(node)].join("; "),
  ];
}

function howOf({ isDraining, closed, cordon, breaker }: NodeSummary): string[] {
  return [
    ...(isDraining ? [closed === undefined ? "drained" : "closed"] : []),
    ...(cordon === undefined ? [] : ["cordoned"]),
    ...(breaker === undefined ? [] : [breaker.state === "open" ? "resting" : "on trial"]),
  ];
}

/** Why it takes none, in words; a drain without a reason says all by its name. */
function heldOf({ closed, held, drain }: NodeSummary): string[] {
  const until =
    drain?.deadlineAt === undefined ? [] : [`what runs is ended at ${drain.deadlineAt}`];
  if (closed !== undefined) return [closed, ...until];
  return [...(held === undefined || held === "is drained" ? [] : [held]), ...until];
}
