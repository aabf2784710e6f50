/**
 * What nodes say, from bytes to decisions: hello, heartbeats, batches of events. Each is read by its schema, refused
 * by name when it cannot be taken, and answered only after the commit of what it changed.
 */
import type { z } from "zod";
import { EventBatch, type EventReply } from "#proto/event.ts";
import { Heartbeat, Hello, type HelloReply } from "#proto/hello.ts";
import type { MeshId, NodeId } from "#proto/ids.ts";
import {
  anyEventsSubject,
  anyHeartbeatSubject,
  anyHelloSubject,
  bareHelloSubject,
  gatewayUpSubject,
  senderOf,
} from "#proto/subjects.ts";
import { PROTOCOL_VERSION_MAX, PROTOCOL_VERSION_MIN } from "#proto/version.ts";
import { type BusMessage, decodeMessage, encodeMessage } from "#shared/bus.ts";
import { MeshError } from "#shared/errors.ts";
import { hearHeartbeat, receiveHeartbeat, receiveHello } from "./fleet/registry.ts";
import { ingestBatch } from "./merge/ingest.ts";
import type { Journal } from "./mesh/journal.ts";
import type { Mesh } from "./mesh/mesh.ts";

/** Listens to all nodes. @returns How to stop, one a subscription. */
export function listenToNodes(mesh: Mesh, journal: Journal): (() => void)[] {
  return [
    mesh.bus.subscribe(anyHelloSubject(), (message) => takeHello(mesh, journal, message)),
    mesh.bus.subscribe(bareHelloSubject(), (message) => refuseBareHello(mesh, message)),
    mesh.bus.subscribe(anyHeartbeatSubject(), (message) => takeHeartbeat(mesh, journal, message)),
    mesh.bus.subscribe(anyEventsSubject(), (message) => takeBatch(mesh, journal, message)),
  ];
}

const STORE_WAITS = "The gateway's store takes nothing now";

/** Up to protocol 2 every node said hello on one subject, where each could speak for another. */
function refuseBareHello(mesh: Mesh, message: BusMessage): void {
  const ours = `${PROTOCOL_VERSION_MIN} to ${PROTOCOL_VERSION_MAX}`;
  const reason = `Cannot join: the node says hello as up to protocol 2, the gateway speaks ${ours}; update the node`;
  mesh.counters.refusedHellos += 1;
  mesh.warn("hello_refused_version", reason);
  answer(message, { kind: "refused", code: "version", reason });
}

function takeHello(mesh: Mesh, journal: Journal, message: BusMessage): void {
  const hello = read(mesh, Hello, message);
  if (hello === undefined)
    return answer(message, {
      kind: "refused",
      code: "unreadable",
      reason: "Cannot read the hello",
    });
  isForeign(mesh, hello.meshId, message); // refused by name below
  if (journal.failure() !== undefined)
    return answer(message, { kind: "refused", code: "not_ready", reason: STORE_WAITS });
  journal.act(() => {
    const reply = receiveHello(mesh, hello);
    mesh.turn.afterCommit(() => answer(message, reply));
  });
}

function takeHeartbeat(mesh: Mesh, journal: Journal, message: BusMessage): void {
  const beat = read(mesh, Heartbeat, message);
  if (beat === undefined || isForeign(mesh, beat.meshId, message)) return;
  // Nothing is decided while the store takes nothing, but who speaks is not silent (V2).
  if (journal.failure() !== undefined) return hearHeartbeat(mesh, beat);
  journal.act(() => {
    if (receiveHeartbeat(mesh, beat) === "heard") return;
    mesh.counters.staleHeartbeats += 1;
    remindOfHello(mesh);
  });
}

/** Whoever is not known in its term must say hello; all are asked, since a node that is unknown cannot be named. */
function remindOfHello(mesh: Mesh): void {
  const nowMs = mesh.clock.monotonicMs();
  if (nowMs - mesh.remindedMs < mesh.limits.heartbeatMs) return;
  mesh.remindedMs = nowMs;
  mesh.turn.afterCommit(() => sayGatewayUp(mesh));
}

/** Asks every node for its hello: at the gateway's start, after its reconnect, and as a reminder. */
export function sayGatewayUp(mesh: Mesh): void {
  mesh.bus.publish(gatewayUpSubject(), encodeMessage({ meshId: mesh.meshId }));
}

function takeBatch(mesh: Mesh, journal: Journal, message: BusMessage): void {
  const batch = read(mesh, EventBatch, message);
  if (batch === undefined)
    return answer(message, {
      kind: "refused",
      code: "unreadable",
      reason: "Cannot read the batch",
    });
  if (isForeign(mesh, batch.meshId, message)) {
    return answer(message, {
      kind: "refused",
      code: "foreign_mesh",
      reason: `The batch is of mesh ${batch.meshId}, this is ${mesh.meshId}`,
    });
  }
  if (journal.failure() !== undefined)
    return answer(message, { kind: "refused", code: "not_ready", reason: STORE_WAITS });
  journal.act(() => {
    const reply = ingestBatch(mesh, batch);
    mesh.turn.afterCommit(() => answer(message, reply)); // confirmed only when committed (E2)
  });
}

function answer(message: BusMessage, reply: EventReply | HelloReply): void {
  message.reply(encodeMessage(reply));
}

/** What a node says of itself: undefined when it cannot be read, or names another node than its subject does. */
function read<T extends { readonly nodeId: NodeId }>(
  mesh: Mesh,
  schema: z.ZodType<T>,
  message: BusMessage,
): T | undefined {
  try {
    const said = decodeMessage(schema, message.data);
    if (said.nodeId === senderOf(message.subject)) return said;
    throw new MeshError("bus_unreadable", `Cannot take a message that names ${said.nodeId}`);
  } catch (thrown) {
    if (!(thrown instanceof MeshError)) throw thrown;
    mesh.counters.unreadableMessages += 1;
    mesh.warn("message_unreadable", `${thrown.message} (on ${message.subject})`);
    return undefined;
  }
}

function isForeign(mesh: Mesh, meshId: MeshId, { subject }: BusMessage): boolean {
  if (meshId === mesh.meshId) return false;
  mesh.counters.foreignMessages += 1;
  mesh.warn(
    "message_foreign",
    `A message on ${subject} is of mesh ${meshId}, this is ${mesh.meshId}`,
  );
  return true;
}
