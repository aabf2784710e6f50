/** What membership is given, and the parts that its files share. */
import type { Capabilities, Heartbeat } from "#proto/hello.ts";
import type { BootId, Epoch, MeshId, NodeId } from "#proto/ids.ts";
import type { Bus } from "#shared/bus.ts";
import type { Clock } from "#shared/clock.ts";
import type { Limits } from "#shared/limits.ts";
import type { Log } from "#shared/log.ts";
import type { NodeStore } from "../store/node-store.ts";
import type { Board } from "./board.ts";
import type { Effect, Refusal } from "./effects.ts";
import type { Executor } from "./executor.ts";
import type { Greeting } from "./greeting.ts";
import type { Outbox } from "./outbox.ts";
import type { Standing } from "./standing.ts";

export type NodeIdentity = {
  readonly meshId: MeshId;
  readonly nodeId: NodeId;
  readonly bootId: BootId;
  readonly name: string;
  readonly programVersion: string;
};

export type MembershipOptions = {
  readonly identity: NodeIdentity;
  readonly capabilities: Capabilities;
  /** How many attempts run at once. */
  readonly slots: number;
  readonly store: NodeStore;
  readonly bus: Bus;
  readonly clock: Clock;
  /** 0 ≤ value < 1: for jitter. */
  readonly random: () => number;
  readonly limits: Limits;
  readonly executor: Executor;
  readonly log: Log;
  /** Called for each heartbeat and offer: must be cheap. */
  readonly load: () => Heartbeat["load"];
  /** Why there is too little room for temporary files; asked like `load`. Default: there is room. */
  readonly tempFault?: () => string | undefined;
  /** Each time that the gateway has welcomed this node. */
  readonly onWelcome?: () => void;
  /** Asked once a heartbeat while the node is cordoned: true opens it again. Default: only a person does. */
  readonly mayReopen?: () => boolean;
  /** What became of an older database of this node, when it was set aside: told at hello. */
  readonly storeFault?: string | undefined;
  /** This node was resumed, by a person or by itself: what had closed it is over. */
  readonly onResumed?: () => void;
  /** The gateway refused this node by name; nothing more will happen (I1). */
  readonly onRefused: (refusal: Refusal) => void;
  /** The gateway asked this process to end after its running attempts. */
  readonly onStopAsked: () => void;
  /** Simulation: false once the process is killed; nothing is done from then on. Default: always true. */
  readonly isAlive?: () => boolean;
  /** Simulation: told of each effect before it is done. */
  readonly onEffect?: (kind: Effect["kind"]) => void;
};

export type MembershipState =
  | { readonly kind: "joining" }
  | { readonly kind: "member"; readonly epoch: Epoch }
  | { readonly kind: "stopping"; readonly epoch: Epoch | undefined }
  | { readonly kind: "refused"; readonly refusal: Refusal }
  | { readonly kind: "closed" };

export type MembershipParts = {
  readonly options: MembershipOptions;
  readonly standing: Standing;
  readonly board: Board;
  readonly outbox: Outbox;
  readonly greeting: Greeting;
  /** Said once a minute a kind. */
  readonly warn: (kind: string, message: string) => void;
};
