/** `panoptic node`: joins a mesh with this machine until it is stopped. */
import { readFileSync } from "node:fs";
import { totalmem } from "node:os";
import { startNode } from "#node/node.ts";
import type { Config } from "#shared/config.ts";
import { MeshError, messageOf } from "#shared/errors.ts";
import { decodeJoinToken } from "#shared/join-token.ts";
import { configureLog } from "#shared/log.ts";
import type { Context } from "../context.ts";
import { findCa, refuseIdleCa } from "../endpoint.ts";
import { EXIT_LEFT } from "../exit-code.ts";
import { type KeepingOptions, readProfile } from "../mesh/profile.ts";
import { nodeDataDir } from "../node-data-dir.ts";
import { fromCaller } from "../paths.ts";
import { readyLine } from "../ready-line.ts";
import { serveUntilStopped } from "../serving.ts";

export type NodeOptions = KeepingOptions & {
  readonly join?: string;
  /** Where the token lies: other users of the machine read command lines. */
  readonly joinFile?: string;
  readonly ca?: string;
  readonly data?: string;
  readonly name?: string;
  readonly slots?: number;
  readonly label?: readonly string[];
  readonly pool?: string;
  readonly json?: boolean;
};

/** Serves until SIGTERM, or until the mesh asks it to stop or refuses it. */
export async function serveNode(options: NodeOptions, context: Context): Promise<number> {
  configureLog();
  const { config, stops, terminal } = context;
  const text = joinTextOf(options, config);
  const starting = new AbortController();
  stops.onWish((wish) => {
    if (wish.kind === "orphaned" || wish.count > 1) process.exit(EXIT_LEFT);
    starting.abort();
  });
  const ended = Promise.withResolvers<number>();
  const token = decodeJoinToken(text);
  refuseIdleCa(options, token.gatewayUrl);
  const ca = findCa(options, config, token.ca);
  const { slots: profileSlots, ...keeping } = readProfile(options, totalmem());
  const wantedSlots = options.slots ?? profileSlots;
  const node = await startNode({
    ...keeping,
    token: ca === undefined ? token : { ...token, ca },
    dataDir: nodeDataDir(options.data, config),
    isAlone: true,
    limits: config.limits,
    searchPath: config.searchPath,
    signal: starting.signal,
    onStopped: (error) => (error === undefined ? ended.resolve(0) : ended.reject(error)),
    ...(options.name === undefined ? {} : { name: options.name }),
    ...(wantedSlots === undefined ? {} : { slots: wantedSlots }),
    ...(options.label === undefined ? {} : { labels: options.label }),
    ...(options.pool === undefined ? {} : { pool: options.pool }),
  });
  const { name, slots, pid } = node;
  terminal.say(readyLine({ ready: "node", name, slots, pid }, options.json === true));
  return serveUntilStopped({ stop: node.stop, ended: ended.promise }, context);
}

/** @throws {MeshError} `usage` when there is no token, two, or none that can be read. */
function joinTextOf({ join, joinFile }: NodeOptions, config: Config): string {
  if (join !== undefined && joinFile !== undefined)
    throw new MeshError("usage", "Cannot use --join together with --join-file: each is a token");
  if (joinFile !== undefined) return readToken(fromCaller(config.callerDir, joinFile));
  const text = join ?? config.joinToken;
  if (text !== undefined) return text;
  throw new MeshError("usage", "Cannot join: --join TOKEN is missing; `panoptic token` prints one");
}

function readToken(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (cause) {
    throw new MeshError("usage", `Cannot read the join token in ${path}: ${messageOf(cause)}`, {
      cause,
    });
  }
}
