/** How many events a second the gateway folds, and takes in with their commit to a libSQL file, in one process without a wire. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type GatewayCore, startCore } from "#gateway/core.ts";
import { foldEvent } from "#gateway/merge/fold.ts";
import { createLease } from "#gateway/mesh/run-state.ts";
import { openGatewayStore } from "#gateway/store/libsql-store.ts";
import { createHandNetwork } from "#kit/hand-bus.ts";
import { RunOptions } from "#proto/api.ts";
import { EventReply, type NodeEvent } from "#proto/event.ts";
import { HelloReply } from "#proto/hello.ts";
import { BootId, type LeaseId, MeshId, NodeId, RunId, StoreId } from "#proto/ids.ts";
import { type LeaseOffer, Offer } from "#proto/lease.ts";
import { eventsSubject, helloSubject, offerSubject } from "#proto/subjects.ts";
import type { Bus } from "#shared/bus.ts";
import { decodeMessage, encodeMessage } from "#shared/bus.ts";
import { systemClock } from "#shared/clock.ts";
import { leaseIdOf } from "#shared/ids.ts";
import { DEFAULT_LIMITS } from "#shared/limits.ts";
import { figure, medianOf } from "./figures.ts";
import { HTTP_ONLY } from "./http-only.ts";
import { waitingDefinition } from "./waiting-definition.ts";

const TESTS = 5_000;
const ROUNDS = 3;
const EVENTS_PER_TEST = 3;
const BATCH_EVENTS = 300;

const meshId = MeshId.parse("mesh-1");
const nodeId = NodeId.parse("node-1");
const storeId = StoreId.parse("store-1");
const runId = RunId.parse("run-1");

/** Prints the rate of the fold alone and of the whole intake. */
export async function ingest(): Promise<void> {
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) rates.push(await intakeRate());
  console.log(
    `  fold alone: ${figure(medianOf(Array.from({ length: ROUNDS }, foldRate)))} events/s`,
  );
  console.log(
    `  intake: ${figure(medianOf(rates))} events/s (batches of ${BATCH_EVENTS}, ${EVENTS_PER_TEST} events a test)`,
  );
  console.log(
    "  Not measured: the wire (a bus in memory), the node, HTTP, more than one node, reading it back.",
  );
}

function eventsOf(leaseId: LeaseId): NodeEvent[] {
  return [
    { kind: "attempt_started", leaseId, attemptNumber: 1, slotIndex: 0, wallMs: 0 },
    { kind: "step_ended", leaseId, stepIndex: 0, status: "passed", durationMs: 1 },
    { kind: "attempt_ended", leaseId, status: "passed", durationMs: 2 },
  ];
}

function foldRate(): number {
  const startedMs = systemClock.monotonicMs();
  for (let testIndex = 0; testIndex < TESTS; testIndex += 1) {
    const parts = { runId, testIndex, number: 1 };
    const lease = createLease({ ...parts, id: leaseIdOf(parts), attemptNumber: 1, nodeId });
    for (const event of eventsOf(lease.id)) foldEvent(lease, event, 0);
  }
  return perSecond(TESTS * EVENTS_PER_TEST, startedMs);
}

/** From the first batch to the end of the run, the events of each test as soon as it is offered. */
async function intakeRate(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "panoptic-bench-"));
  await using parts = new AsyncDisposableStack();
  parts.defer(() => rmSync(folder, { recursive: true, force: true }));
  const store = parts.adopt(openGatewayStore(join(folder, "gateway.db")), (opened) =>
    opened.close(),
  );
  const network = createHandNetwork({ clock: systemClock });
  const ended = Promise.withResolvers<void>();
  const core = parts.adopt(
    startCore({
      meshId,
      bootId: BootId.parse("boot-gateway"),
      bus: network.join("gateway").bus,
      clock: systemClock,
      limits: { ...DEFAULT_LIMITS, prefetchPerSlotMax: BATCH_EVENTS },
      store,
      listener: {
        onNotice: () => undefined,
        onStart: () => undefined,
        onRunEnded: () => ended.resolve(),
      },
      defer: (act) => void setImmediate(act),
      unseal: () => ({}),
      onFault: ended.reject,
    }),
    (started: GatewayCore) => started.stop(),
  );
  await playNode(network.join("node").bus);
  const startedMs = systemClock.monotonicMs();
  await core.createRun({
    runId,
    definitions: Array.from({ length: TESTS }, (_, index) => waitingDefinition(index)),
    options: RunOptions.parse({}),
    secrets: {},
    sealedSecrets: undefined,
    idempotencyKey: undefined,
    bodySha256: "0",
  });
  await ended.promise;
  return perSecond(TESTS * EVENTS_PER_TEST, startedMs);
}

/** A node that accepts every offer and reports its tests as passed at once. */
async function playNode(bus: Bus): Promise<void> {
  let lastEvent = 0;
  const report = (leases: readonly LeaseOffer[]) => {
    const events = leases
      .flatMap((lease) => eventsOf(lease.leaseId))
      .map((event) => {
        lastEvent += 1;
        return { number: lastEvent, event };
      });
    const data = encodeMessage({ meshId, nodeId, storeId, events });
    bus.request(eventsSubject(nodeId), data, 10_000).then(
      (reply) => void decodeMessage(EventReply, reply),
      (thrown: unknown) => console.error(thrown),
    );
  };
  bus.subscribe(offerSubject(nodeId), (message) => {
    const { leases } = decodeMessage(Offer, message.data);
    const answers = leases.map(({ leaseId }) => ({ kind: "accepted", leaseId }));
    message.reply(encodeMessage({ answers }));
    for (let from = 0; from < leases.length; from += BATCH_EVENTS / EVENTS_PER_TEST) {
      report(leases.slice(from, from + BATCH_EVENTS / EVENTS_PER_TEST));
    }
  });
  const hello = encodeMessage({
    versions: { min: 1, max: 1 },
    meshId,
    nodeId,
    bootId: "boot-1",
    storeId,
    name: "node",
    programVersion: "0",
    capabilities: HTTP_ONLY,
    slots: 100,
    isDraining: false,
    held: [],
    lastEvent: 0,
    wallMs: systemClock.wallMs(),
  });
  decodeMessage(HelloReply, await bus.request(helloSubject(nodeId), hello, 5_000));
}

const perSecond = (count: number, startedMs: number): number =>
  (count / (systemClock.monotonicMs() - startedMs)) * 1_000;
