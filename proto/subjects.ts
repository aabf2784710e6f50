/** The NATS subjects, built by functions so that no other file spells one. Table: README, "The wire". */
import type { NodeId, RunId } from "./ids.ts";

const PREFIX = "panoptic";
const V1 = `${PREFIX}.v1`;

/** Request, node → gateway. Without a version: it is where versions are agreed. */
export const helloSubject = (): string => `${PREFIX}.hello`;
/** Publish, gateway → all: said at start and after the gateway's own reconnect. */
export const gatewayUpSubject = (): string => `${V1}.gateway.up`;
/** Publish, gateway → itself: comes back while the gateway hears NATS (V2). */
export const gatewayProbeSubject = (bootId: string): string => `${V1}.gateway.probe.${bootId}`;
/** Publish, node → gateway. */
export const heartbeatSubject = (node: NodeId): string => `${V1}.node.${node}.heartbeat`;
/** What the gateway subscribes to for all heartbeats. */
export const anyHeartbeatSubject = (): string => `${V1}.node.*.heartbeat`;
/** Request, gateway → node. */
export const offerSubject = (node: NodeId): string => `${V1}.node.${node}.offer`;
/** Request, gateway → node. */
export const controlSubject = (node: NodeId): string => `${V1}.node.${node}.control`;
/** Request, node → gateway. */
export const eventsSubject = (node: NodeId): string => `${V1}.events.${node}`;
/** What the gateway subscribes to for all events. */
export const anyEventsSubject = (): string => `${V1}.events.*`;
/** Publish, node → gateway: may be lost. */
export const liveSubject = (run: RunId): string => `${V1}.live.${run}`;
/** What the gateway subscribes to for everything live. */
export const anyLiveSubject = (): string => `${V1}.live.*`;
