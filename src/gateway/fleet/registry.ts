/**
 * Who is in the mesh: hello and heartbeat (I1, I2, L4). Liveness itself is liveness.ts (pure); here it meets the
 * books. States of a node: liveness.ts; terms (epochs) change only for a new process or after `gone` (I2).
 */

import { storeOf } from "#gateway/merge/ingest.ts";
import type { NodeRecord } from "#gateway/mesh/change.ts";
import { newNodeState } from "#gateway/mesh/create.ts";
import { findLease, type Mesh, type NodeState } from "#gateway/mesh/mesh.ts";
import { isActive, type LeaseState, noteHeld } from "#gateway/mesh/run-state.ts";
import { holdLease } from "#gateway/scheduler/held-lease.ts";
import { dropUnheld } from "#gateway/scheduler/locks.ts";
import { mayRevoke, reviewTest, revokeSettlement, settleLease } from "#gateway/scheduler/settle.ts";
import type { Heartbeat, Hello, HelloReply } from "#proto/hello.ts";
import { Epoch, type LeaseId } from "#proto/ids.ts";
import { agreeVersion } from "#proto/version.ts";
import { setLife, tellArrival, tellGone } from "./life.ts";
import { hearNode, type NodeLife } from "./liveness.ts";

/** First hellos that are remembered while it shows whether their rival lives. */
const RIVALS_MAX = 1_000;

/** Takes a node in, or refuses it by name. The answer leaves only after the commit: the epoch is kept before it is given (I2). */
export function receiveHello(mesh: Mesh, hello: Hello): HelloReply {
  const agreed = agreeVersion(hello.versions);
  if (agreed.kind === "refused")
    return sayRefusal(mesh, hello, { kind: "refused", code: "version", reason: agreed.reason });
  const refusal = refuseHello(mesh, hello);
  if (refusal !== undefined) return sayRefusal(mesh, hello, refusal);
  const nowMs = mesh.clock.monotonicMs();
  const known = mesh.nodes.get(hello.nodeId);
  const isNewBoot = known?.record.bootId !== hello.bootId;
  const needsEpoch = known === undefined || isNewBoot || known.life.kind === "gone";
  const record: NodeRecord = {
    nodeId: hello.nodeId,
    name: hello.name,
    bootId: hello.bootId,
    storeId: hello.storeId,
    epoch: Epoch.parse((known?.record.epoch ?? 0) + (needsEpoch ? 1 : 0)),
    isGone: false,
    isDrained: known?.record.isDrained ?? false,
    drain: known?.record.drain,
    cordon: known?.record.cordon,
    offsetMs: mesh.clock.wallMs() - hello.wallMs,
    hello,
  };
  const arrival = { isNew: known === undefined, isNewBoot, wasGone: known?.life.kind === "gone" };
  const node = adoptNode(mesh, record, nowMs);
  mesh.turn.save({ kind: "node_saved", node: record });
  tellArrival(mesh, node, arrival);
  if (isNewBoot)
    node.struck = []; // the process of the strikes has died indeed
  else takeBackStrikes(mesh, node);
  const store = storeOf(mesh, hello.storeId, hello.nodeId);
  const drop = reconcileHeld(mesh, node, {
    hello,
    isNewBoot,
    isComplete: store.confirmed >= hello.lastEvent,
  });
  return {
    kind: "welcome",
    version: agreed.version,
    epoch: record.epoch,
    confirmed: store.confirmed, // above the node's last number: it must renew its store (E4)
    // E4; or it is a copy of another node's, whose numbers are not its own.
    mustRenewStore: store.confirmed > hello.lastEvent || store.nodeId !== hello.nodeId,
    drop: [...drop],
    isDrained: record.isDrained,
    settings: {
      heartbeatMs: mesh.limits.heartbeatMs,
      unstartedLeaseMs: mesh.limits.unstartedLeaseMs,
    },
  };
}

type Refusal = Extract<HelloReply, { kind: "refused" }>;

/** A foreign mesh was told of when the message came; `not_ready` is no refusal for good. */
function sayRefusal(mesh: Mesh, hello: Hello, refusal: Refusal): Refusal {
  if (refusal.code === "not_ready") return refusal;
  mesh.counters.refusedHellos += 1;
  if (refusal.code !== "foreign_mesh")
    mesh.warn(`hello_refused_${refusal.code}`, `${refusal.reason} (hello of ${hello.name})`);
  return refusal;
}

function refuseHello(mesh: Mesh, hello: Hello): Refusal | undefined {
  if (hello.meshId !== mesh.meshId) {
    return {
      kind: "refused",
      code: "foreign_mesh",
      reason: `Cannot join: the token is of mesh ${hello.meshId}, this is ${mesh.meshId}`,
    };
  }
  const known = mesh.nodes.get(hello.nodeId);
  if (known !== undefined && known.record.bootId !== hello.bootId && wasHeardLately(mesh, known)) {
    const reason = `Cannot join: another live process uses node ${known.record.name} (${hello.nodeId}); a copied data folder needs a new one`;
    return refuseRival(mesh, known, { hello, code: "duplicate_node", reason });
  }
  // Who has the name already kept all others from it.
  const hasName = known?.record.name === hello.name && known.life.kind !== "gone";
  const namesake = hasName ? undefined : liveNamesake(mesh, hello);
  if (namesake === undefined) return undefined;
  const reason = `Cannot join: the name ${hello.name} is a live node's; choose another by --name`;
  return refuseRival(mesh, namesake, { hello, code: "duplicate_name", reason });
}

function liveNamesake(mesh: Mesh, { name, nodeId }: Hello): NodeState | undefined {
  for (const other of mesh.nodes.values()) {
    const { record, life } = other;
    if (record.name === name && record.nodeId !== nodeId && life.kind !== "gone") return other;
  }
  return undefined;
}

/** An older process of the folder that spoke just now may still live; one that died is silent a heartbeat later. */
function wasHeardLately(mesh: Mesh, known: NodeState): boolean {
  return (
    known.life.kind === "alive" &&
    mesh.clock.monotonicMs() - known.life.heardMs < mesh.limits.heartbeatMs * 1.5
  );
}

type Rivalry = {
  readonly hello: Hello;
  readonly code: "duplicate_node" | "duplicate_name";
  readonly reason: string;
};

/** Refused by name once the other was heard after the newcomer's first hello; until then it may just have died: ask again. */
function refuseRival(mesh: Mesh, other: NodeState, { hello, code, reason }: Rivalry): Refusal {
  const nowMs = mesh.clock.monotonicMs();
  const sinceMs = mesh.rivals.get(hello.bootId) ?? nowMs;
  if (mesh.rivals.size >= RIVALS_MAX) mesh.rivals.clear();
  mesh.rivals.set(hello.bootId, sinceMs);
  const isHeardSince =
    other.life.kind === "alive" && other.life.heardMs > sinceMs + mesh.limits.heartbeatMs / 4;
  return isHeardSince
    ? { kind: "refused", code, reason }
    : { kind: "refused", code: "not_ready", reason };
}

function adoptNode(mesh: Mesh, record: NodeRecord, nowMs: number): NodeState {
  const life: NodeLife = { kind: "alive", heardMs: nowMs };
  const node = mesh.nodes.get(record.nodeId) ?? newNodeState(record, life);
  node.record = record;
  setLife(mesh, node, life);
  node.goneSinceMs = undefined;
  node.isDraining = record.hello.isDraining;
  node.closed = record.hello.closed;
  node.restUntilMs = 0;
  mesh.nodes.set(record.nodeId, node);
  mesh.roomy.add(node);
  return node;
}

type Reunion = {
  readonly hello: Hello;
  readonly isNewBoot: boolean;
  readonly isComplete: boolean;
};

/** Compares what the node holds with the books. @returns What it should drop. */
function reconcileHeld(mesh: Mesh, node: NodeState, reunion: Reunion): readonly LeaseId[] {
  const drop: LeaseId[] = [];
  const heldIds = new Set<string>();
  for (const held of reunion.hello.held) {
    heldIds.add(held.leaseId);
    if (!welcomeLease(mesh, node, held)) drop.push(held.leaseId);
  }
  // K-2: of a process that has ended nothing runs.
  const { isNewBoot } = reunion;
  dropUnheld(mesh.locks, node.record.nodeId, (id) => !isNewBoot && heldIds.has(id));
  for (const lease of [...node.active]) {
    if (heldIds.has(lease.id)) continue;
    if (lease.offer !== "accepted")
      lease.offer = "unanswered"; // asked again in the new term (L1)
    // A known process may have accepted it since it said this hello: its heartbeats tell (L4).
    else if (reunion.isNewBoot && reunion.isComplete)
      settleMissing(mesh, node, { lease, fault: reunion.hello.storeFault });
  }
  return drop;
}

/** @returns Whether the node should keep it: unstarted leases that were settled are dropped, running ones run on (L2). */
function welcomeLease(mesh: Mesh, node: NodeState, held: Hello["held"][number]): boolean {
  const place = findLease(mesh, held.leaseId);
  const isOver = held.state === "ended";
  if (place === undefined || place.run.end !== undefined) return isOver; // its events tell the rest
  if (place.lease.nodeId !== node.record.nodeId) return false; // another's: nothing that it says of it counts
  const { run, test, lease } = place;
  // Started, and nothing offered in its place: its outcome is there or will be, so it need not run again (C1).
  if (
    held.state !== "accepted" &&
    lease.attempt?.end === undefined && // its events may have overtaken this hello
    mayRevoke(run, test, lease) &&
    lease.settlement?.kind === "lost"
  ) {
    revokeSettlement(mesh, lease);
    holdLease(mesh, run, lease);
    reviewTest(mesh, run, test);
  }
  if (!isActive(lease)) return held.state !== "accepted";
  noteHeld(lease, mesh.clock.monotonicMs());
  return true;
}

type Missing = {
  readonly lease: LeaseState;
  /** What became of the node's database, when that is why. */
  readonly fault?: string | undefined;
};

/** L4: the node knows nothing of it and all that it had to say is committed. */
function settleMissing(mesh: Mesh, node: NodeState, { lease, fault }: Missing): void {
  const run = mesh.runs.get(lease.runId);
  if (run === undefined) return;
  const hasStarted = lease.attempt !== undefined;
  settleLease(mesh, run, {
    lease,
    settlement: {
      kind: hasStarted ? "lost" : "recalled",
      cause: "missing",
      reason: `Node ${node.record.name} does not hold it any more${fault === undefined ? "" : `: ${fault}`}`,
    },
  });
}

export type HeartbeatAnswer = "heard" | "unknown" | "stale";

/** Notes only that the node lives. */
export function hearHeartbeat(mesh: Mesh, beat: Heartbeat): void {
  const node = mesh.nodes.get(beat.nodeId);
  if (node === undefined || !isCurrentTerm(node, beat)) return;
  setLife(mesh, node, hearNode(node.life, mesh.clock.monotonicMs()));
}

function isCurrentTerm(node: NodeState, beat: Heartbeat): boolean {
  return node.record.epoch === beat.epoch && node.record.bootId === beat.bootId;
}

/** Notes that the node lives and what it holds (L4). `unknown` and `stale`: it must say hello. */
export function receiveHeartbeat(mesh: Mesh, beat: Heartbeat): HeartbeatAnswer {
  const node = mesh.nodes.get(beat.nodeId);
  if (node === undefined) return "unknown";
  if (!isCurrentTerm(node, beat) || node.life.kind === "gone") return "stale";
  const nowMs = mesh.clock.monotonicMs();
  setLife(mesh, node, hearNode(node.life, nowMs));
  node.isDraining = beat.isDraining;
  node.closed = beat.closed;
  const isComplete = storeOf(mesh, beat.storeId, beat.nodeId).confirmed >= beat.lastEvent;
  const held = new Set<string>(beat.held.map((one) => one.leaseId));
  dropUnheld(mesh.locks, beat.nodeId, (leaseId) => held.has(leaseId)); // K-2
  for (const lease of [...node.active]) {
    if (held.has(lease.id)) noteHeld(lease, nowMs);
    else if (lease.offer === "accepted" && nowMs - lease.acceptedAtMs > mesh.limits.heartbeatMs) {
      lease.missedHeartbeats += 1;
      if (lease.missedHeartbeats >= 2 && isComplete) settleMissing(mesh, node, { lease });
    }
  }
  return "heard";
}

/** Declares a node gone: its leases are settled lost and their tests queued again (V1). */
export function declareGone(mesh: Mesh, node: NodeState, cause: "node_died" | "node_silent"): void {
  setLife(mesh, node, { kind: "gone" });
  node.goneSinceMs = mesh.clock.monotonicMs();
  node.record = { ...node.record, isGone: true };
  mesh.turn.save({ kind: "node_saved", node: node.record });
  const reason =
    cause === "node_died"
      ? `Node ${node.record.name} is gone: nobody answers there`
      : `Node ${node.record.name} is gone: silent for too long`;
  tellGone(mesh, node, reason);
  const leases = [...node.active];
  node.struck = cause === "node_died" ? leases : [];
  for (const lease of leases) {
    const run = mesh.runs.get(lease.runId);
    if (run !== undefined)
      settleLease(mesh, run, { lease, settlement: { kind: "lost", cause, reason } });
  }
}

/** C4: the process is back, so it was cut off and did not die: its tests are not to blame. */
function takeBackStrikes(mesh: Mesh, node: NodeState): void {
  const struck = node.struck;
  node.struck = [];
  for (const lease of struck) {
    const run = mesh.runs.get(lease.runId);
    const test = run?.tests[lease.testIndex];
    if (run === undefined || run.end !== undefined || test === undefined) continue; // R1
    if (lease.settlement?.cause !== "node_died" || lease.settlement.isRevoked) continue;
    const reason = `Node ${node.record.name} was cut off`;
    lease.settlement = { ...lease.settlement, cause: "node_silent", reason };
    mesh.turn.save({ kind: "lease_settled", leaseId: lease.id, settlement: lease.settlement });
    reviewTest(mesh, run, test);
  }
}
