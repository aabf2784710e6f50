/** The node processes of one machine's mesh: `run` and `up` start them alike. */
import { mkdirSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { join } from "node:path";
import type { Clock } from "#shared/clock.ts";
import type { ReadyNode } from "../ready-line.ts";
import { type ProfileName, readProfile } from "./profile.ts";
import { shareCores } from "./share-cores.ts";
import { superviseNode } from "./supervise-node.ts";

export type LocalNodesOptions = {
  readonly count: number;
  /** Slots of each; absent: this machine's cores, shared. */
  readonly slots?: number | undefined;
  readonly profile?: ProfileName | undefined;
  /** Holds a data folder for each node, by its name. */
  readonly nodesDir: string;
  /** For their temporary files; default: as this process. */
  readonly tempDir?: string;
  readonly joinToken: string;
  readonly clock: Clock;
  readonly onReady: (ready: ReadyNode) => void;
  readonly onLog: (line: string) => void;
  readonly onTrouble: (text: string) => void;
};

export type LocalNodes = {
  /** Resolves when all have joined. @throws {MeshError} When one does not start. */
  readonly ready: Promise<void>;
  readonly stop: () => Promise<void>;
};

const READY_MS_MAX = 60_000;

/** Starts `node-1` to `node-N`, each started again when it dies. */
export function startLocalNodes(options: LocalNodesOptions): LocalNodes {
  const shares = shareCores(availableParallelism(), options.count);
  const nodes = shares.map((share, index) => {
    const name = `node-${index + 1}`;
    const dataDir = join(options.nodesDir, name);
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    return superviseNode({
      ...options,
      name,
      dataDir,
      slots: options.slots ?? slotsOf(options.profile, share),
      readyMsMax: READY_MS_MAX,
      onLog: (line) => options.onLog(`${name}: ${line}`),
    });
  });
  return {
    ready: Promise.all(nodes.map(({ firstReady }) => firstReady)).then(() => undefined),
    stop: async () => {
      await Promise.all(nodes.map((node) => node.stop()));
    },
  };
}

/** A profile may want fewer than the node's share of the cores. */
const slotsOf = (profile: ProfileName | undefined, share: number): number =>
  Math.min(share, readProfile(profile === undefined ? {} : { profile }, totalmem()).slots ?? share);
