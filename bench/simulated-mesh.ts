/**
 * One run on the real gateway core and the real membership of nodes, in time that only the bench moves: what a run would
 * take if machines cost nothing but the wire. Attempts are timers; nothing fails.
 */
import { type GatewayCore, startCore } from "#gateway/core.ts";
import type { Estimate } from "#gateway/history/estimate.ts";
import { createHandNetwork, type HandNetwork } from "#kit/hand-bus.ts";
import { createHandClock, type HandClock, settle } from "#kit/hand-clock.ts";
import { createMemoryGatewayStore } from "#kit/memory-gateway-store.ts";
import { createMemoryNodeStore } from "#kit/memory-node-store.ts";
import type { Executor } from "#node/membership/executor.ts";
import { createMembership } from "#node/membership/membership.ts";
import { RunOptions } from "#proto/api.ts";
import { BootId, MeshId, NodeId, RunId } from "#proto/ids.ts";
import { DEFAULT_LIMITS } from "#shared/limits.ts";
import { silentLog } from "#shared/log.ts";
import { HTTP_ONLY } from "./http-only.ts";
import { waitingDefinition } from "./waiting-definition.ts";

export type SimulatedNode = {
  /** How much longer than a test's length it takes. */
  readonly speed: number;
  /** Before the run when 0. */
  readonly joinsAtMs: number;
  /** Ends what it runs and takes nothing more from then on; infinite: it stays. */
  readonly leavesAtMs: number;
};

export type SimulatedRun = {
  readonly lengthsMs: readonly number[];
  /** What history says of each test; undefined: nothing. */
  readonly expectedMs: readonly (number | undefined)[];
  readonly nodes: readonly SimulatedNode[];
};

/** One way over the wire, and a commit. */
const WIRE_MS = 0.5;
/** A run that takes longer is a fault of the scheduler or of this bench. */
const RUN_MS_MAX = 3_600_000;

type Times = { firstStartMs: number; lastEndMs: number };
type World = { readonly clock: HandClock; readonly network: HandNetwork; readonly times: Times };

const meshId = MeshId.parse("mesh-bench");
const runId = RunId.parse("run-bench");

/** @returns From the first start to the last end of an attempt. @throws {Error} When the run does not end. */
export async function simulateMakespan(run: SimulatedRun): Promise<number> {
  const clock = createHandClock();
  const network = createHandNetwork({ clock, policy: () => [WIRE_MS] });
  const times: Times = { firstStartMs: Number.POSITIVE_INFINITY, lastEndMs: 0 };
  const world = { clock, network, times };
  let isEnded = false;
  const core = startGateway(world, () => {
    isEnded = true;
  });
  for (const [index, node] of run.nodes.entries()) {
    const start = () => startNode(world, run, { node, name: `node-${index}` });
    if (node.joinsAtMs === 0) start();
    else clock.after(node.joinsAtMs + JOINED_MS, start);
  }
  await clock.run(JOINED_MS);
  await create(core, clock, run);
  while (!isEnded && clock.monotonicMs() < RUN_MS_MAX && clock.runNext()) await settle();
  core.stop();
  if (!isEnded) throw new Error(`The run did not end within ${RUN_MS_MAX} ms`);
  return times.lastEndMs - times.firstStartMs;
}

/** The nodes of the beginning have joined by then. */
const JOINED_MS = 2_000;

function startGateway({ clock, network }: World, onEnd: () => void): GatewayCore {
  return startCore({
    meshId,
    bootId: BootId.parse("boot-gateway"),
    bus: network.join("gateway").bus,
    clock,
    limits: DEFAULT_LIMITS,
    store: createMemoryGatewayStore(),
    listener: { onNotice: () => undefined, onStart: () => undefined, onRunEnded: onEnd },
    defer: (act) => void clock.after(0, act),
    unseal: () => ({}),
    onFault: (thrown) => {
      throw thrown;
    },
  });
}

async function create(core: GatewayCore, clock: HandClock, run: SimulatedRun): Promise<void> {
  const estimates = run.expectedMs.map(
    (expectedMs): Estimate => ({ hasFailedLast: false, ...(expectedMs && { expectedMs }) }),
  );
  const created = core.createRun({
    runId,
    definitions: run.lengthsMs.map((_, index) => waitingDefinition(index)),
    estimates,
    options: RunOptions.parse({}),
    secrets: {},
    sealedSecrets: undefined,
    idempotencyKey: undefined,
    bodySha256: "0",
  });
  await clock.run(0);
  await created;
}

type Starting = { readonly node: SimulatedNode; readonly name: string };

function startNode(world: World, run: SimulatedRun, { node, name }: Starting): void {
  const { clock, network } = world;
  const party = network.join(name, clock);
  const membership = createMembership({
    identity: {
      meshId,
      nodeId: NodeId.parse(name),
      bootId: BootId.parse(`boot-${name}`),
      name,
      programVersion: "0",
    },
    capabilities: HTTP_ONLY,
    slots: 1,
    store: createMemoryNodeStore(),
    bus: party.bus,
    clock,
    random: () => 0.5,
    limits: DEFAULT_LIMITS,
    executor: waitingExecutor(world, run, node.speed),
    log: silentLog,
    load: () => ({ cpu: 0, freeMemoryBytes: 1e9, freeDiskBytes: 1e12 }),
    onRefused: ({ reason }) => {
      throw new Error(`${name} was refused: ${reason}`);
    },
    onStopAsked: () => undefined,
  });
  membership.start();
  if (Number.isFinite(node.leavesAtMs))
    clock.after(node.leavesAtMs - node.joinsAtMs + (node.joinsAtMs === 0 ? JOINED_MS : 0), () =>
      membership.beginStop(),
    );
}

function waitingExecutor({ clock, times }: World, run: SimulatedRun, speed: number): Executor {
  return {
    begin: ({ offer, record, end }) => {
      const { leaseId, definition } = offer;
      const durationMs = speed * (run.lengthsMs[Number(definition.name.split(" ")[1])] ?? 0);
      times.firstStartMs = Math.min(times.firstStartMs, clock.monotonicMs());
      clock.after(durationMs, () => {
        times.lastEndMs = clock.monotonicMs();
        record({ kind: "step_ended", leaseId, stepIndex: 0, status: "passed", durationMs });
        end({ status: "passed", durationMs });
      });
      return { cancel: () => undefined };
    },
  };
}
