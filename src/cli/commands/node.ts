/** `panoptic node`: joins a mesh with this machine until it is stopped. */
import { startNode } from "#node/node.ts";
import { MeshError } from "#shared/errors.ts";
import { decodeJoinToken } from "#shared/join-token.ts";
import { configureLog } from "#shared/log.ts";
import type { Context } from "../context.ts";
import { nodeDataDir } from "../node-data-dir.ts";
import { readyLine } from "../ready-line.ts";
import { serveUntilStopped } from "../serving.ts";

export type NodeOptions = {
  readonly join?: string;
  readonly data?: string;
  readonly name?: string;
  readonly slots?: number;
  readonly label?: readonly string[];
  readonly json?: boolean;
};

/** Serves until SIGTERM, or until the mesh refuses the node. */
export async function serveNode(options: NodeOptions, context: Context): Promise<number> {
  configureLog();
  const text = options.join ?? context.config.joinToken;
  if (text === undefined)
    throw new MeshError(
      "usage",
      "Cannot join: --join TOKEN is missing; `panoptic token` prints one",
    );
  const stopped = Promise.withResolvers<number>();
  const node = await startNode({
    token: decodeJoinToken(text),
    dataDir: nodeDataDir(options.data, context.config),
    limits: context.config.limits,
    onStopped: () => stopped.resolve(0),
    ...(options.name === undefined ? {} : { name: options.name }),
    ...(options.slots === undefined ? {} : { slots: options.slots }),
    ...(options.label === undefined ? {} : { labels: options.label }),
  });
  const { name, slots } = node;
  context.terminal.say(
    readyLine({ ready: "node", name, slots, pid: process.pid }, options.json === true),
  );
  return serveUntilStopped({ stop: node.stop, ended: stopped.promise }, context);
}
