/**
 * The NATS subjects, built by functions so that no other file spells one. Table: README, "The wire".
 * Each subject on which a node speaks names that node: its credential allows no other, and a message whose content
 * names another node is refused.
 */
import { NodeId, type RunId } from "./ids.ts";

const PREFIX = "panoptic";
const V1 = `${PREFIX}.v1`;

/** Request, node → gateway. Without a version: it is where versions are agreed. */
export const helloSubject = (node: NodeId): string => `${PREFIX}.hello.${node}`;
/** What the gateway subscribes to for all hellos. */
export const anyHelloSubject = (): string => `${PREFIX}.hello.*`;
/** Where nodes up to protocol 2 say hello, each for any: answered with a refusal by name. */
export const bareHelloSubject = (): string => `${PREFIX}.hello`;
/** Publish, gateway → all: said at start and after the gateway's own reconnect. */
export const gatewayUpSubject = (): string => `${V1}.gateway.up`;
/** Publish, gateway → itself: comes back while the gateway hears NATS (V2). */
export const gatewayProbeSubject = (bootId: string): string => `${V1}.gateway.probe.${bootId}`;
/** All probes of gateways. */
export const anyGatewayProbeSubject = (): string => `${V1}.gateway.probe.*`;
/** Publish, node → gateway. */
export const heartbeatSubject = (node: NodeId): string => `${V1}.node.${node}.heartbeat`;
/** What the gateway subscribes to for all heartbeats. */
export const anyHeartbeatSubject = (): string => `${V1}.node.*.heartbeat`;
/** Request, gateway → node. */
export const offerSubject = (node: NodeId): string => `${V1}.node.${node}.offer`;
/** All offers: what only the gateway may publish. */
export const anyOfferSubject = (): string => `${V1}.node.*.offer`;
/** Request, gateway → node. */
export const controlSubject = (node: NodeId): string => `${V1}.node.${node}.control`;
/** All controls: what only the gateway may publish. */
export const anyControlSubject = (): string => `${V1}.node.*.control`;
/** Request, node → gateway. */
export const eventsSubject = (node: NodeId): string => `${V1}.events.${node}`;
/** What the gateway subscribes to for all events. */
export const anyEventsSubject = (): string => `${V1}.events.*`;
/** Publish, node → gateway: may be lost. Reserved: no node says it yet, and no credential allows it. */
export const liveSubject = (run: RunId): string => `${V1}.live.${run}`;
/** What the gateway subscribes to for everything live. */
export const anyLiveSubject = (): string => `${V1}.live.*`;

/** Before the first dot of everything that is a reply's address. */
const INBOX = "_INBOX";
/** Where the gateway's requests are answered; nobody else may listen there. */
export const gatewayInboxPrefix = (): string => `${INBOX}.gateway`;
/** Where a node's requests are answered; nobody else may listen there. */
export const nodeInboxPrefix = (node: NodeId): string => `${INBOX}.node.${node}`;
/** All inboxes of nodes. */
export const anyNodeInbox = (): string => `${INBOX}.node.>`;

/** The node that a subject of a hello, a heartbeat or events names; undefined for every other subject. */
export function senderOf(subject: string): NodeId | undefined {
  const found =
    /^panoptic\.(?:hello\.([^.]+)|v1\.node\.([^.]+)\.heartbeat|v1\.events\.([^.]+))$/.exec(subject);
  return NodeId.safeParse(found?.[1] ?? found?.[2] ?? found?.[3]).data;
}

/**
 * Whether the gateway answers a message of that subject at that address: only in the inbox of the node that the
 * subject names, so that no node can have an answer of the gateway sent to another.
 */
export function isOwnInbox(subject: string, replyTo: string): boolean {
  const node = senderOf(subject);
  return replyTo.startsWith(node === undefined ? `${INBOX}.` : `${nodeInboxPrefix(node)}.`);
}
