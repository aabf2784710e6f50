/** One seed from the first boot to the last check. */
import { createHandNetwork, type HandMessage } from "#kit/hand-bus.ts";
import { createHandClock, settle } from "#kit/hand-clock.ts";
import { createMemoryGatewayStore } from "#kit/memory-gateway-store.ts";
import { MeshId } from "#proto/ids.ts";
import { judgeBlobs, startBlobPost } from "./blob-post.ts";
import { LOSSES_FORGIVEN } from "./books.ts";
import type { SimContext } from "./context.ts";
import { judgeEnd } from "./end-oracle.ts";
import { type Faulted, heal, planFaults } from "./faults.ts";
import { type Figures, newFigures } from "./figures.ts";
import { watchIdle } from "./idle-oracle.ts";
import { cutPlan, type Keep } from "./keep.ts";
import { createLedgerOracle } from "./ledger-oracle.ts";
import { watchLocks } from "./lock-oracle.ts";
import { createNetworkPolicy } from "./network-policy.ts";
import type { SimNode } from "./node-shape.ts";
import { judgeOutcomes } from "./outcome-oracle.ts";
import { drawPlan, type Nature, type SimPlan, type SimSize } from "./plan.ts";
import { createRandom } from "./random.ts";
import { createReader } from "./reader.ts";
import { newRows, type Rows } from "./rows.ts";
import { createShareOracle } from "./share-oracle.ts";
import { createSimGateway } from "./sim-gateway.ts";
import { createSimNode } from "./sim-node.ts";
import { createTrace } from "./trace.ts";
import { createTruth } from "./truth.ts";
import { createWireOracle } from "./wire-oracle.ts";

export type Violation = { readonly invariant: string; readonly text: string };

export type SimResult = {
  readonly seed: number;
  readonly violation: Violation | undefined;
  readonly figures: Figures;
  readonly rows: Rows;
  /** Digest of the whole trace. */
  readonly digest: string;
  readonly tail: readonly string[];
  readonly virtualMs: number;
};

/** Virtual time after the faults in which everything must come to its end. */
const END_MS_MAX = 240_000;
/** The same where a node lost so much that it may rest for minutes, again and again (fleet/breaker.ts). */
const REST_MS_MAX = 3_600_000;
/** More events than any healthy seed has: something goes round for ever. */
const EVENTS_MAX = 400_000;
const EVENTS_PER_NODE_MAX = 20_000;

/** Of a test that no plan has. */
const STRANGER: Nature = { kind: "passes", durationMs: 10, failCount: 0 };

export type SimOptions = {
  /** Default: usual. */
  readonly size?: SimSize | undefined;
  /** Default: everything. */
  readonly keep?: Keep | undefined;
  readonly print?: ((line: string) => void) | undefined;
};

/** The whole plan of a seed. */
export const planOf = (seed: number, size: SimSize = "usual"): SimPlan =>
  drawPlan(seed, { size, random: createRandom(`seed ${seed}`).fork("plan") });

export async function simulate(seed: number, options: SimOptions = {}): Promise<SimResult> {
  const sim = createSim(seed, options);
  const { context, clock, faulted } = sim;
  sim.begin();
  const eventsMax = Math.max(EVENTS_MAX, EVENTS_PER_NODE_MAX * context.plan.nodes.length);
  const workMsMax = serialMs(context.plan);
  let isHealed = false;
  while (sim.violation() === undefined) {
    if (!isHealed && clock.monotonicMs() >= context.plan.healMs) {
      isHealed = true;
      sim.calm();
      heal(faulted);
    }
    if (isHealed && sim.isOver()) break;
    if (context.figures.events > eventsMax)
      context.fail("bounded", `No end after ${eventsMax} events`);
    const healedForMs = clock.monotonicMs() - context.plan.healMs;
    const isLate = healedForMs > END_MS_MAX + workMsMax;
    if (isLate && (healedForMs > REST_MS_MAX || !sim.isRestLikely())) break; // the end's checks say what is missing
    clock.runNext();
    context.figures.events += 1;
    await settle();
  }
  if (sim.violation() === undefined) sim.judge();
  return {
    seed,
    violation: sim.violation(),
    figures: context.figures,
    rows: context.rows,
    digest: context.trace.digest(),
    tail: context.trace.tail(),
    virtualMs: clock.monotonicMs(),
  };
}

/** What all attempts would take one after the other on the slowest node: a run may have one in flight at most. */
function serialMs({ nodes, runs }: SimPlan): number {
  const speed = Math.max(...nodes.map((node) => node.speed));
  const attempts = runs.flatMap(({ run, natures }) =>
    run.definitions.map(({ key, retries }) => (natures.get(key)?.durationMs ?? 0) * (1 + retries)),
  );
  return attempts.reduce((sum, ms) => sum + ms * 1.5 * speed, 0);
}

function createSim(seed: number, { size, keep, print }: SimOptions) {
  const random = createRandom(`seed ${seed}`);
  const whole = planOf(seed, size);
  const plan = keep === undefined ? whole : cutPlan(whole, keep);
  const clock = createHandClock();
  const trace = createTrace(clock.monotonicMs, print);
  const meshId = MeshId.parse("mesh-sim");
  const store = createMemoryGatewayStore();
  const rows = newRows();
  let violation: Violation | undefined;
  const fail = (invariant: string, text: string) => {
    trace.note(`VIOLATION ${invariant} ${text}`);
    violation ??= { invariant, text };
  };
  let onMessage: (message: HandMessage) => void = () => undefined;
  const weather = createNetworkPolicy({
    profile: plan.network,
    random: random.fork("network"),
    nowMs: clock.monotonicMs,
    tap: (message) => onMessage(message),
    rows,
  });
  const network = createHandNetwork({ clock, policy: weather.policy });
  const storeOwners = new Map<string, string>();
  const storesByOwner = new Map<string, string[]>();
  let made = 0;
  const idsOf = (owner: string) => ({
    next: (prefix: string) => {
      made += 1;
      const id = `${prefix}-${String(made).padStart(6, "0")}`;
      if (prefix === "store") {
        storeOwners.set(id, owner);
        storesByOwner.set(owner, [...(storesByOwner.get(owner) ?? []), id]);
      }
      return id;
    },
  });
  const context: SimContext = {
    seed,
    plan,
    random: random.fork("world"),
    clock,
    network,
    trace,
    figures: newFigures(),
    rows,
    truth: createTruth(),
    ids: idsOf(""),
    fail,
  };
  const natures = new Map<string, Nature>(plan.runs.flatMap((run) => [...run.natures]));
  const natureOf = (key: string): Nature => natures.get(key) ?? STRANGER;
  const nodes = plan.nodes.map((one) =>
    createSimNode({ context: { ...context, ids: idsOf(one.name) }, meshId, plan: one, natureOf }),
  );
  const byName = new Map<string, SimNode>(nodes.map((node) => [node.name, node]));
  const byId = new Map<string, SimNode>(nodes.map((node) => [node.nodeId, node]));
  const ledger = createLedgerOracle({
    nodes,
    context,
    nodeOf: (nodeId) => byId.get(nodeId),
    ownerOf: (storeId) => byName.get(storeOwners.get(storeId) ?? ""),
    gatewayWellForMs: () => gateway.wellForMs(),
    gatewayRoomForMs: () => gateway.roomForMs(),
  });
  onMessage = createWireOracle({
    context,
    recalls: new Map(),
    store,
    nodeNamed: (name) => byName.get(name.split("#")[0] ?? ""),
    storesOf: (node) => storesByOwner.get(node.name) ?? [],
    committed: ledger.committed,
  });
  const gateway = createSimGateway({
    context,
    meshId,
    store,
    onCommit: ledger.onCommit,
    isAnythingRunning: () => nodes.some((node) => node.runningCount() > 0),
  });
  const reader = createReader({ context, store, gateway });
  const areAtRest = createRest();
  const shares = createShareOracle(context, ledger.books);
  watchLocks({ context, ledger });
  const faulted: Faulted = { context, gateway, nodes, ledger };
  return {
    context,
    clock,
    faulted,
    violation: () => violation,
    calm: weather.calm,
    begin: () => {
      gateway.boot();
      for (const [index, { joinMs }] of plan.nodes.entries())
        clock.after(joinMs, () => nodes[index]?.boot());
      for (const run of plan.runs) clock.after(run.atMs, () => gateway.submit(run));
      planFaults(faulted);
      reader.begin();
      for (const node of nodes) startBlobPost({ context, store, gateway }, node);
      watchIdle({ context, books: ledger.books, gateway, nodes });
    },
    isRestLikely: () => [...ledger.books.losses.values()].some((count) => count > LOSSES_FORGIVEN),
    isOver: () =>
      plan.runs.every(({ run }) => store.runs.get(run.runId)?.ended !== undefined) &&
      areAtRest(nodes),
    judge: () => {
      const mesh = gateway.core()?.mesh;
      if (mesh === undefined) return fail("ledger", "The gateway is down at the end");
      judgeBlobs({ context, store }, nodes);
      judgeEnd({ context, meshId, store, ledger, nodes, mesh });
      judgeOutcomes({ context, books: ledger.books, natureOf });
      shares.judge();
    },
  };
}

/** Whether all nodes have delivered everything. Asked after each event: whoever was busy last is asked first. */
function createRest() {
  let busy: SimNode | undefined;
  return (nodes: readonly SimNode[]): boolean => {
    if (busy !== undefined && !isAtRest(busy)) return false;
    busy = nodes.find((node) => !isAtRest(node));
    return busy === undefined;
  };
}

const isAtRest = (node: SimNode): boolean =>
  node.hasLeft() ||
  (node.isUp() &&
    node.health.isWell() &&
    node.disk.store().confirmed() === node.disk.store().lastNumber() &&
    node.disk.blobs.size === 0 &&
    node.membership()?.runningCount() === 0);
