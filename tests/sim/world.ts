/** One seed from the first boot to the last check. */
import { createHandNetwork, type HandMessage } from "#kit/hand-bus.ts";
import { createHandClock, settle } from "#kit/hand-clock.ts";
import { createMemoryGatewayStore } from "#kit/memory-gateway-store.ts";
import { MeshId } from "#proto/ids.ts";
import { judgeBlobs, startBlobPost } from "./blob-post.ts";
import type { SimContext } from "./context.ts";
import { judgeEnd } from "./end-oracle.ts";
import { type Faulted, heal, planFaults } from "./faults.ts";
import { type Figures, newFigures } from "./figures.ts";
import { createLedgerOracle } from "./ledger-oracle.ts";
import { createNetworkPolicy } from "./network-policy.ts";
import type { SimNode } from "./node-shape.ts";
import { drawPlan, type Nature } from "./plan.ts";
import { createRandom } from "./random.ts";
import { createReader } from "./reader.ts";
import { newRows, type Rows } from "./rows.ts";
import { createSimGateway } from "./sim-gateway.ts";
import { createSimNode } from "./sim-node.ts";
import { createTrace } from "./trace.ts";
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
/** More events than any healthy seed has: something goes round for ever. */
const EVENTS_MAX = 400_000;

export async function simulate(seed: number, print?: (line: string) => void): Promise<SimResult> {
  const sim = createSim(seed, print);
  const { context, clock, faulted } = sim;
  sim.begin();
  let isHealed = false;
  while (sim.violation() === undefined) {
    if (!isHealed && clock.monotonicMs() >= context.plan.healMs) {
      isHealed = true;
      sim.calm();
      heal(faulted);
    }
    if (isHealed && sim.isOver()) break;
    if (context.figures.events > EVENTS_MAX)
      context.fail("bounded", `No end after ${EVENTS_MAX} events`);
    if (clock.monotonicMs() > context.plan.healMs + END_MS_MAX) break; // the end's checks say what is missing
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

function createSim(seed: number, print?: (line: string) => void) {
  const random = createRandom(`seed ${seed}`);
  const plan = drawPlan(seed, random.fork("plan"));
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
  let made = 0;
  const idsOf = (owner: string) => ({
    next: (prefix: string) => {
      made += 1;
      const id = `${prefix}-${String(made).padStart(6, "0")}`;
      if (prefix === "store") storeOwners.set(id, owner);
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
    ids: idsOf(""),
    fail,
  };
  const natures = new Map<string, Nature>(plan.runs.flatMap((run) => [...run.natures]));
  const natureOf = (key: string): Nature => natures.get(key) ?? { kind: "passes", durationMs: 10 };
  const nodes = plan.nodes.map((one) =>
    createSimNode({ context: { ...context, ids: idsOf(one.name) }, meshId, plan: one, natureOf }),
  );
  const byName = new Map<string, SimNode>(nodes.map((node) => [node.name, node]));
  const ledger = createLedgerOracle({
    nodes,
    context,
    nodeOf: (nodeId) => nodes.find((node) => node.nodeId === nodeId),
    ownerOf: (storeId) => byName.get(storeOwners.get(storeId) ?? ""),
  });
  onMessage = createWireOracle({
    context,
    recalls: new Map(),
    store,
    nodeNamed: (name) => byName.get(name.split("#")[0] ?? ""),
    storesOf: (node) =>
      [...storeOwners].flatMap(([storeId, owner]) => (owner === node.name ? [storeId] : [])),
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
  const faulted: Faulted = { context, gateway, nodes, ledger };
  return {
    context,
    clock,
    faulted,
    violation: () => violation,
    calm: weather.calm,
    begin: () => {
      gateway.boot();
      for (const node of nodes) clock.after(context.random.int(0, 1_500), node.boot);
      for (const run of plan.runs) clock.after(run.atMs, () => gateway.submit(run));
      planFaults(faulted);
      reader.begin();
      for (const node of nodes) startBlobPost({ context, store, gateway }, node);
    },
    isOver: () =>
      plan.runs.every(({ run }) => store.runs.get(run.runId)?.ended !== undefined) &&
      nodes.every(
        (node) =>
          node.isUp() &&
          node.health.isWell() &&
          node.disk.store().confirmed() === node.disk.store().lastNumber() &&
          node.disk.blobs.size === 0 &&
          node.membership()?.runningCount() === 0,
      ),
    judge: () => {
      const mesh = gateway.core()?.mesh;
      if (mesh === undefined) return fail("ledger", "The gateway is down at the end");
      judgeBlobs({ context, store }, nodes);
      judgeEnd({ context, meshId, store, ledger, nodes, mesh });
    },
  };
}
