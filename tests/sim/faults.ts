/** How each kind of fault is done to the world, and undone. */
import { unreachable } from "#shared/errors.ts";
import { DEFAULT_LIMITS } from "#shared/limits.ts";
import type { SimContext } from "./context.ts";
import type { Fault, GatewayKillPoint, NodeKillPoint } from "./fault-plan.ts";
import type { LedgerOracle } from "./ledger-oracle.ts";
import type { SimNode } from "./node-shape.ts";
import type { SimGateway } from "./sim-gateway.ts";

export type Faulted = {
  readonly context: SimContext;
  readonly gateway: SimGateway;
  readonly nodes: readonly SimNode[];
  readonly ledger: LedgerOracle;
};

/** A point that is not reached in this time is given up: the process dies as it stands. */
const POINT_WAIT_MS = 1_500;

/** Plans all faults of the seed on its clock. */
export function planFaults(world: Faulted): void {
  const { plan, clock } = world.context;
  for (const fault of plan.faults) clock.after(fault.atMs, () => begin(world, fault));
  // Backups are taken all along, so that a restore goes back to any moment (E4).
  for (const node of world.nodes) {
    const atMs = world.context.random.int(0, Math.max(500, plan.healMs));
    clock.after(atMs, () => node.disk.backUp());
  }
  resumeCordoned(world);
}

const CAREFUL_MS = 2_000;

/** A person who sees a node that closed itself for its full disk, and resumes it when there is room again. */
function resumeCordoned(world: Faulted): void {
  for (const node of world.nodes)
    if (node.isCordoned() && !node.isDiskFull()) setDrained(world, node, false);
  world.context.clock.after(CAREFUL_MS, () => resumeCordoned(world));
}

function begin(world: Faulted, fault: Fault): void {
  const { context, gateway } = world;
  const { clock, figures } = context;
  context.trace.note(`FAULT ${JSON.stringify(fault)}`);
  const later = (undo: () => void) => void clock.after(fault.forMs, undo);
  switch (fault.kind) {
    case "kill_gateway":
      killGateway(world, fault.point, fault.forMs);
      return;
    case "freeze_gateway":
      figures.freezes += 1;
      gateway.freeze();
      return later(gateway.thaw);
    case "cut_gateway":
      figures.cuts += 1;
      gateway.cut(true);
      return later(() => gateway.cut(false));
    case "disconnect_gateway":
      figures.cuts += 1;
      gateway.setConnected(false);
      return later(() => gateway.setConnected(true));
    case "fill_gateway_disk":
      figures.diskFull += 1;
      gateway.setDiskFull(true);
      return later(() => gateway.setDiskFull(false));
    case "stop_nats":
      return stopNats(world, fault.forMs);
    case "cut_group":
      return cutGroup(world, fault);
    case "cancel_run":
      return background(context, gateway.service()?.cancel(fault.runId, "A person cancelled it"));
    default:
      return beginOnNode(world, fault);
  }
}

/** By its place in the plan of the seed, of which a shrunk world has a part. */
function nodeAt({ nodes }: Faulted, index: number): SimNode | undefined {
  return nodes.find(({ name }) => name === `n${index}`);
}

/** They go silent at the same moment, and are back at the same moment. */
function cutGroup(world: Faulted, { nodeIndexes, forMs }: Extract<Fault, { kind: "cut_group" }>) {
  const { clock, figures } = world.context;
  const room = nodeIndexes.flatMap((index) => nodeAt(world, index) ?? []);
  figures.partitions += 1;
  for (const node of room) node.cut(true);
  clock.after(forMs, () => {
    for (const node of room) node.cut(false);
  });
}

type NodeFault = Extract<Fault, { readonly nodeIndex: number }>;

function beginOnNode(world: Faulted, fault: NodeFault): void {
  const node = nodeAt(world, fault.nodeIndex);
  if (node === undefined) return;
  const { clock, figures, rows } = world.context;
  const later = (undo: () => void) => void clock.after(fault.forMs, undo);
  switch (fault.kind) {
    case "kill_node":
      return killNode(world, node, fault);
    case "freeze_node":
      figures.freezes += 1;
      node.freeze();
      return later(() => {
        if (isGone(world, node) && node.runningCount() > 0) rows.play("node frozen 10 s");
        node.thaw();
      });
    case "cut_node":
      figures.cuts += 1;
      node.cut(true);
      return later(() => {
        if (isGone(world, node) && hasUndelivered(node)) rows.play("node cut off, gateway well");
        node.cut(false);
      });
    case "disconnect_node":
      figures.cuts += 1;
      node.setConnected(false);
      return later(() => node.setConnected(true));
    case "fill_node_disk":
      figures.diskFull += 1;
      node.setDiskFull(true);
      return later(() => node.setDiskFull(false));
    case "wipe_node":
    case "restore_node":
      return loseDisk(world, node, fault);
    case "stop_node":
      return node.stop(fault.forMs);
    case "drain_node":
      figures.drains += 1;
      setDrained(world, node, true);
      return later(() => setDrained(world, node, false));
    case "recall_leases":
      return recallForAWhile(world, node, clock.monotonicMs() + fault.forMs);
    case "leave_node":
      figures.leaves += 1;
      return node.leave(fault.isGraceful);
    case "shift_clock":
      return node.shiftClock(fault.byMs);
    default:
      return unreachable(fault);
  }
}

/** By the gateway's own word. */
function isGone({ gateway }: Faulted, node: SimNode): boolean {
  return gateway.core()?.mesh.nodes.get(node.nodeId)?.life.kind === "gone";
}

const hasUndelivered = ({ disk }: SimNode): boolean =>
  disk.store().confirmed() < disk.store().lastNumber();

function killNode(
  world: Faulted,
  node: SimNode,
  fault: { readonly point: NodeKillPoint; readonly forMs: number },
): void {
  const { clock } = world.context;
  if (fault.point === "now") node.kill("now");
  else {
    node.arm(fault.point);
    clock.after(POINT_WAIT_MS, () => node.kill("anywhere"));
  }
  clock.after((fault.point === "now" ? 0 : POINT_WAIT_MS) + fault.forMs, node.boot);
}

function killGateway({ context, gateway }: Faulted, point: GatewayKillPoint, forMs: number): void {
  if (point === "now") gateway.kill("now");
  else {
    gateway.arm(point);
    context.clock.after(POINT_WAIT_MS, () => gateway.kill("anywhere"));
  }
  context.clock.after((point === "now" ? 0 : POINT_WAIT_MS) + forMs, gateway.boot);
}

/** The server goes away for all within a moment, and each finds it again in its own time. */
function stopNats({ context, gateway, nodes }: Faulted, forMs: number): void {
  const { clock, random, figures, plan } = context;
  figures.natsOutages += 1;
  const isRunning = nodes.some((node) => node.runningCount() > 0);
  clock.after(forMs, () => {
    const isLong = forMs >= DEFAULT_LIMITS.goneAfterMs && clock.monotonicMs() < plan.healMs;
    if (isLong && isRunning) context.rows.play("NATS away for everyone");
  });
  for (const party of [gateway, ...nodes]) {
    const add = (count: 1 | -1) => {
      if (clock.monotonicMs() < plan.healMs) addOutage(party, count);
    };
    clock.after(random.int(0, 50), () => add(1));
    clock.after(forMs + 60 + random.int(0, 3_000), () => add(-1));
  }
}

/** Outages may overlap: the server is back when the last has ended. */
const outages = new WeakMap<SimGateway | SimNode, number>();

function addOutage(party: SimGateway | SimNode, count: 1 | -1): void {
  const now = Math.max(0, (outages.get(party) ?? 0) + count);
  outages.set(party, now);
  party.setNats(now === 0);
}

function loseDisk(world: Faulted, node: SimNode, fault: NodeFault): void {
  const { clock, figures } = world.context;
  node.kill(`to ${fault.kind}`);
  if (fault.kind === "wipe_node") {
    figures.wipes += 1;
    node.disk.wipe();
  } else if (node.disk.restore()) figures.restores += 1;
  node.oracle.onLoss(node.disk.store());
  world.ledger.taint(node.nodeId);
  clock.after(fault.forMs, node.boot);
}

function setDrained({ context, gateway }: Faulted, node: SimNode, isDrained: boolean): void {
  background(context, gateway.service()?.setDrained(node.nodeId, isDrained));
}

/** Again and again, so that some of them meet a start. */
function recallForAWhile(world: Faulted, node: SimNode, untilMs: number): void {
  const { clock, random } = world.context;
  recall(world, node);
  if (clock.monotonicMs() >= untilMs) return;
  clock.after(random.int(1, 40), () => recallForAWhile(world, node, untilMs));
}

/** As the scheduler does for an idle node, but at any moment. */
function recall({ context, gateway }: Faulted, node: SimNode): void {
  const core = gateway.core();
  if (core === undefined) return;
  const decided = core.decide(() => {
    for (const lease of core.mesh.nodes.get(node.nodeId)?.active ?? []) {
      if (lease.attempt !== undefined || lease.offer !== "accepted") continue;
      context.figures.recalls += 1;
      lease.isRecalling = true;
    }
  });
  background(context, decided);
}

/** A person's wish that meets a gateway in trouble is refused: that is no fault. */
function background({ trace }: SimContext, wish: Promise<unknown> | undefined): void {
  wish?.catch((thrown: unknown) => trace.note(`REFUSED WISH ${String(thrown)}`));
}

/** The end of all faults: whatever is broken is repaired, whoever is dead is started. */
export function heal({ context, gateway, nodes }: Faulted): void {
  context.trace.note("HEAL");
  gateway.setDiskFull(false);
  gateway.thaw();
  gateway.cut(false);
  gateway.setNats(true);
  gateway.setConnected(true);
  gateway.boot();
  for (const node of nodes) {
    node.setDiskFull(false);
    node.thaw();
    node.cut(false);
    node.setNats(true);
    node.setConnected(true);
    node.boot();
  }
}
