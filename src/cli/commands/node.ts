/** `panoptic node`: joins a mesh with this machine until it is stopped. */
import { startNode } from "#node/node.ts";
import { MeshError } from "#shared/errors.ts";
import { decodeJoinToken } from "#shared/join-token.ts";
import { configureLog } from "#shared/log.ts";
import type { Context } from "../context.ts";
import { findCa } from "../endpoint.ts";
import { EXIT_LEFT } from "../exit-code.ts";
import { nodeDataDir } from "../node-data-dir.ts";
import { readyLine } from "../ready-line.ts";
import { serveUntilStopped } from "../serving.ts";

export type NodeOptions = {
  readonly join?: string;
  readonly ca?: string;
  readonly data?: string;
  readonly name?: string;
  readonly slots?: number;
  readonly label?: readonly string[];
  readonly json?: boolean;
};

/** Serves until SIGTERM, or until the mesh asks it to stop or refuses it. */
export async function serveNode(options: NodeOptions, context: Context): Promise<number> {
  configureLog();
  const { config, stops, terminal } = context;
  const text = options.join ?? config.joinToken;
  if (text === undefined) {
    throw new MeshError(
      "usage",
      "Cannot join: --join TOKEN is missing; `panoptic token` prints one",
    );
  }
  const starting = new AbortController();
  stops.onWish((wish) => {
    if (wish.kind === "orphaned" || wish.count > 1) process.exit(EXIT_LEFT);
    starting.abort();
  });
  const ended = Promise.withResolvers<number>();
  const token = decodeJoinToken(text);
  const ca = findCa(options, config, token.ca);
  const node = await startNode({
    token: ca === undefined ? token : { ...token, ca },
    dataDir: nodeDataDir(options.data, config),
    isAlone: true,
    limits: config.limits,
    searchPath: config.searchPath,
    signal: starting.signal,
    onStopped: (error) => (error === undefined ? ended.resolve(0) : ended.reject(error)),
    ...(options.name === undefined ? {} : { name: options.name }),
    ...(options.slots === undefined ? {} : { slots: options.slots }),
    ...(options.label === undefined ? {} : { labels: options.label }),
  });
  const { name, slots, pid } = node;
  terminal.say(readyLine({ ready: "node", name, slots, pid }, options.json === true));
  return serveUntilStopped({ stop: node.stop, ended: ended.promise }, context);
}
