/** What the simulation can do to a node and see of it; sim-node.ts makes one. */
import type { Membership } from "#node/membership/membership.ts";
import type { Capabilities } from "#proto/hello.ts";
import type { MeshId, NodeId } from "#proto/ids.ts";
import type { SimContext } from "./context.ts";
import type { NodeKillPoint } from "./fault-plan.ts";
import type { Health } from "./health.ts";
import type { NodeDisk } from "./node-disk.ts";
import type { NodeOracle } from "./node-oracle.ts";
import type { Nature, NodePlan } from "./plan.ts";

export type SimNode = {
  readonly name: string;
  readonly nodeId: NodeId;
  readonly capabilities: Capabilities;
  readonly disk: NodeDisk;
  readonly oracle: NodeOracle;
  readonly health: Health;
  readonly isUp: () => boolean;
  readonly membership: () => Membership | undefined;
  readonly boot: () => void;
  readonly kill: (why: string) => void;
  /** Dies at the next such point. */
  readonly arm: (point: Exclude<NodeKillPoint, "now">) => void;
  readonly freeze: () => void;
  readonly thaw: () => void;
  readonly cut: (isCut: boolean) => void;
  readonly setConnected: (isConnected: boolean) => void;
  /** The server is there or away for everyone: no trouble of this node. */
  readonly setNats: (isUp: boolean) => void;
  readonly setDiskFull: (isFull: boolean) => void;
  /** Never comes back, and its disk with it. */
  readonly leave: (isGraceful: boolean) => void;
  readonly hasLeft: () => boolean;
  readonly shiftClock: (byMs: number) => void;
  readonly runningCount: () => number;
  /** Alive, and nothing between it and the gateway. */
  readonly isReachable: () => boolean;
  /** A full disk made it close itself, until a person resumes it. */
  readonly isCordoned: () => boolean;
  readonly isDiskFull: () => boolean;
  /** How long it has not been cordoned, milliseconds. */
  readonly openForMs: () => number;
  /** A graceful end, as a person asks for it; started again `downMs` later. */
  readonly stop: (downMs: number) => void;
};

export type SimNodeOptions = {
  readonly context: SimContext;
  readonly meshId: MeshId;
  readonly plan: NodePlan;
  readonly natureOf: (testKey: string) => Nature;
};
