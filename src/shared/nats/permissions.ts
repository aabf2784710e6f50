/** P: who may say and hear what on the mesh's NATS. One user for the gateway, one for each node; strangers none. */
import type { NodeId } from "#proto/ids.ts";
import {
  anyControlSubject,
  anyEventsSubject,
  anyGatewayProbeSubject,
  anyHeartbeatSubject,
  anyHelloSubject,
  anyNodeInbox,
  anyOfferSubject,
  bareHelloSubject,
  controlSubject,
  eventsSubject,
  gatewayInboxPrefix,
  gatewayUpSubject,
  heartbeatSubject,
  helloSubject,
  nodeInboxPrefix,
  offerSubject,
} from "#proto/subjects.ts";
import type { Permissions } from "./jwt.ts";

/** A node answers offers and controls at once; one that came before its welcome, after it. */
const REPLY_MS_MAX = 30_000;
/** It has four, and its client may make each anew. */
const NODE_SUBSCRIPTIONS_MAX = 16;
const GATEWAY_SUBSCRIPTIONS_MAX = 64;

/** A node speaks as itself alone, hears what is said to it alone, and answers only what it was asked. */
export function nodePermissions(node: NodeId): Permissions {
  return {
    publish: [helloSubject(node), heartbeatSubject(node), eventsSubject(node)],
    subscribe: [
      offerSubject(node),
      controlSubject(node),
      gatewayUpSubject(),
      `${nodeInboxPrefix(node)}.>`,
    ],
    replyWithinMs: REPLY_MS_MAX,
    subscriptionsMax: NODE_SUBSCRIPTIONS_MAX,
  };
}

/** The gateway hears all nodes and asks each; it never speaks as one. */
export function gatewayPermissions(): Permissions {
  return {
    publish: [
      gatewayUpSubject(),
      anyGatewayProbeSubject(),
      anyOfferSubject(),
      anyControlSubject(),
      anyNodeInbox(),
    ],
    subscribe: [
      anyHelloSubject(),
      bareHelloSubject(),
      anyHeartbeatSubject(),
      anyEventsSubject(),
      anyGatewayProbeSubject(),
      `${gatewayInboxPrefix()}.>`,
    ],
    subscriptionsMax: GATEWAY_SUBSCRIPTIONS_MAX,
  };
}
