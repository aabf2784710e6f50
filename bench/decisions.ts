/**
 * What one turn of the scheduler costs when one slot became free, up to the offer on the bus, for small and large fleets and queues: on the real
 * core, with nodes that accept everything and attempts that end when the bench says so. As a ratio to one pass over, and
 * one sort of, as many numbers as tests wait.
 */
import { type GatewayCore, startCore, TICK_MS } from "#gateway/core.ts";
import type { RunState } from "#gateway/mesh/run-state.ts";
import { createHandNetwork, type HandNetwork } from "#kit/hand-bus.ts";
import { createHandClock, type HandClock } from "#kit/hand-clock.ts";
import { createMemoryGatewayStore } from "#kit/memory-gateway-store.ts";
import { RunOptions } from "#proto/api.ts";
import type { NodeEvent } from "#proto/event.ts";
import { BootId, type LeaseId, MeshId, NodeId, RunId } from "#proto/ids.ts";
import { Offer } from "#proto/lease.ts";
import { eventsSubject, helloSubject, offerSubject } from "#proto/subjects.ts";
import { PROTOCOL_VERSION_MAX } from "#proto/version.ts";
import { decodeMessage, encodeMessage } from "#shared/bus.ts";
import { systemClock } from "#shared/clock.ts";
import { DEFAULT_LIMITS } from "#shared/limits.ts";
import { createRandom } from "../tests/sim/random.ts";
import { figure, medianOf, percentileOf } from "./figures.ts";
import { HTTP_ONLY } from "./http-only.ts";
import { waitingDefinition } from "./waiting-definition.ts";

const NODE_COUNTS = [10, 1_000];
const TEST_COUNTS = [1_000, 100_000];
const SLOTS = 4;
const TURNS = 200;
/** Fewer than make a silent node suspect. */
const TICKS = 5;
/** What history says a test takes: too long for much to be offered ahead. */
const LENGTH_MS = 1_000;
const MIB = 1024 ** 2;
/** Of fewer the heap's own noise is more than they are. */
const TESTS_TO_WEIGH = 100_000;

const meshId = MeshId.parse("mesh-bench");
const runId = RunId.parse("run-bench");

type World = {
  readonly core: GatewayCore;
  readonly clock: HandClock;
  readonly run: RunState;
  readonly nodes: readonly PlayedNode[];
};

/** Prints the cost of a turn and of a tick, and what the waiting tests take of memory. */
export async function decisions(): Promise<void> {
  for (const testCount of TEST_COUNTS) {
    const [scanMs, sortMs] = [scanTime(testCount), sortTime(testCount)];
    console.log(
      `  ${figure(testCount)} numbers: one pass ${figure(scanMs * 1_000)} us, one sort ${figure(sortMs)} ms`,
    );
    for (const nodeCount of NODE_COUNTS) await measure({ testCount, nodeCount, scanMs, sortMs });
  }
  console.log(
    "  A turn: one attempt has ended, and its slot gets a waiting test; its offer is made. Not measured: the commit, the wire,",
  );
  console.log(
    "  several runs, locks and groups, tests with many different needs, the collector of garbage.",
  );
}

type Size = {
  readonly testCount: number;
  readonly nodeCount: number;
  readonly scanMs: number;
  readonly sortMs: number;
};

async function measure(size: Size): Promise<void> {
  const { testCount, nodeCount, scanMs, sortMs } = size;
  const room = nodeCount * SLOTS * (1 + DEFAULT_LIMITS.prefetchPerSlotMax);
  // So that as many wait when every node has what it takes.
  const before = heapBytes();
  const world = await open({
    nodeCount,
    testCount: testCount + Math.min(room, 4 * nodeCount * SLOTS),
  });
  const bytes = (heapBytes() - before) / world.run.tests.length;
  const turns: number[] = [];
  const random = createRandom(`decisions/${nodeCount}`);
  for (let turn = 0; turn < TURNS; turn += 1) {
    world.nodes[random.int(0, nodeCount - 1)]?.endOne();
    // The events arrive and are folded; the turn that follows from them is what is measured.
    world.clock.runNext();
    turns.push(timeOf(() => world.core.settle()));
    await world.clock.run(0);
  }
  const ticks = Array.from({ length: TICKS }, () => timeOf(() => world.clock.advance(TICK_MS)));
  world.core.stop();
  const turnMs = medianOf(turns);
  const waiting = world.run.tests.filter(({ leases }) => leases.length === 0).length;
  const turn = `turn p50 ${figure(turnMs * 1_000)} us, p95 ${figure(percentileOf(turns, 0.95) * 1_000)} us`;
  const ratios = `${figure(turnMs / scanMs)} x the pass, ${figure(turnMs / sortMs)} x the sort`;
  const tick = `a tick ${figure(medianOf(ticks) * 1_000)} us`;
  const memory = `${figure(process.memoryUsage().rss / MIB)} MiB in all`;
  console.log(
    `  ${figure(nodeCount)} nodes, ${figure(waiting)} waiting: ${turn}: ${ratios}; ${tick}; ${memory}`,
  );
  if (nodeCount === NODE_COUNTS[0] && testCount >= TESTS_TO_WEIGH)
    console.log(
      `  a test, its definition and its estimate take ${figure(bytes)} bytes of the heap`,
    );
}

function timeOf(act: () => void): number {
  const startMs = systemClock.monotonicMs();
  act();
  return systemClock.monotonicMs() - startMs;
}

function heapBytes(): number {
  Bun.gc(true);
  return process.memoryUsage().heapUsed;
}

const numbers = (count: number) =>
  Float64Array.from({ length: count }, (_, index) => (index * 7_919) % count);

/** Median of some; the sum keeps the pass from being left out. */
function scanTime(count: number): number {
  const values = [...numbers(count)];
  let total = 0;
  const times = Array.from({ length: 21 }, () =>
    timeOf(() => {
      for (const value of values) if (value > total) total = value;
    }),
  );
  if (total < 0) throw new Error("Cannot pass over numbers");
  return medianOf(times);
}

function sortTime(count: number): number {
  return medianOf(
    Array.from({ length: 5 }, () => {
      const values = [...numbers(count)];
      return timeOf(() => values.sort((a, b) => a - b));
    }),
  );
}

async function open(size: {
  readonly nodeCount: number;
  readonly testCount: number;
}): Promise<World> {
  const clock = createHandClock();
  const network = createHandNetwork({ clock });
  const core = startCore({
    meshId,
    bootId: BootId.parse("boot-gateway"),
    bus: network.join("gateway").bus,
    clock,
    limits: DEFAULT_LIMITS,
    store: { ...createMemoryGatewayStore(), commit: () => undefined },
    listener: { onNotice: () => undefined, onStart: () => undefined, onRunEnded: () => undefined },
    defer: (act) => void clock.after(0, act),
    unseal: () => ({}),
    onFault: (thrown) => {
      throw thrown;
    },
  });
  const nodes = Array.from({ length: size.nodeCount }, (_, index) =>
    playNode(network, `node-${index}`),
  );
  await clock.run(1);
  const created = core.createRun({
    runId,
    definitions: Array.from({ length: size.testCount }, (_, index) => waitingDefinition(index)),
    // No two alike, so that the order has to be found.
    estimates: Array.from({ length: size.testCount }, (_, index) => ({
      hasFailedLast: false,
      expectedMs: LENGTH_MS + ((index * 7_919) % size.testCount) / size.testCount,
    })),
    options: RunOptions.parse({}),
    secrets: {},
    sealedSecrets: undefined,
    idempotencyKey: undefined,
    bodySha256: "0",
  });
  await clock.run(1);
  return { core, clock, nodes, run: await created };
}

type PlayedNode = {
  /** The attempt that it has had longest is over, and passed. */
  readonly endOne: () => void;
};

/** Says hello and accepts every offer; its attempts end when they are told. */
function playNode(network: HandNetwork, name: string): PlayedNode {
  const { bus } = network.join(name);
  const nodeId = NodeId.parse(name);
  const held: LeaseId[] = [];
  let lastEvent = 0;
  bus.subscribe(offerSubject(nodeId), (message) => {
    const { leases } = decodeMessage(Offer, message.data);
    held.push(...leases.map(({ leaseId }) => leaseId));
    const answers = leases.map(({ leaseId }) => ({ kind: "accepted", leaseId }));
    message.reply(encodeMessage({ bootId: `boot-${name}`, answers }));
  });
  const ask = (subject: string, message: unknown) => {
    bus.request(subject, encodeMessage(message), 5_000).catch((thrown: unknown) => {
      throw thrown;
    });
  };
  ask(helloSubject(nodeId), helloOf(name));
  return {
    endOne: () => {
      const leaseId = held.shift();
      if (leaseId === undefined) throw new Error(`Cannot end an attempt of ${name}: it has none`);
      const events = eventsOf(leaseId).map((event) => {
        lastEvent += 1;
        return { number: lastEvent, event };
      });
      ask(eventsSubject(nodeId), { meshId, nodeId, storeId: `store-${name}`, events });
    },
  };
}

function eventsOf(leaseId: LeaseId): NodeEvent[] {
  return [
    { kind: "attempt_started", leaseId, attemptNumber: 1, slotIndex: 0, wallMs: 0 },
    { kind: "step_ended", leaseId, stepIndex: 0, status: "passed", durationMs: LENGTH_MS },
    { kind: "attempt_ended", leaseId, status: "passed", durationMs: LENGTH_MS },
  ];
}

const helloOf = (name: string) => ({
  versions: { min: 1, max: PROTOCOL_VERSION_MAX },
  meshId,
  nodeId: name,
  bootId: `boot-${name}`,
  storeId: `store-${name}`,
  name,
  programVersion: "0",
  capabilities: HTTP_ONLY,
  slots: SLOTS,
  isDraining: false,
  held: [],
  lastEvent: 0,
  wallMs: 0,
});
