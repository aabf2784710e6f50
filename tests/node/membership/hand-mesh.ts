/** One node's membership under a gateway model, on a clock and a bus that the test drives. */

import { createHandNetwork } from "#kit/hand-bus.ts";
import { createHandClock } from "#kit/hand-clock.ts";
import { createMemoryNodeStore } from "#kit/memory-node-store.ts";
import type { Effect, Refusal } from "#node/membership/effects.ts";
import type {
  AttemptOutcome,
  AttemptWork,
  EndReason,
  Executor,
} from "#node/membership/executor.ts";
import { createMembership } from "#node/membership/membership.ts";
import type { NodeStore } from "#node/store/node-store.ts";
import { EventBatch, type NodeEvent } from "#proto/event.ts";
import { type Capabilities, Heartbeat, Hello, type HelloReply } from "#proto/hello.ts";
import { BootId, Epoch, type LeaseId, MeshId, NodeId, RunId, TestKey } from "#proto/ids.ts";
import { type Control, ControlReply, type LeaseOffer, OfferReply } from "#proto/lease.ts";
import {
  controlSubject,
  eventsSubject,
  gatewayUpSubject,
  heartbeatSubject,
  helloSubject,
  offerSubject,
} from "#proto/subjects.ts";
import { decodeMessage, encodeMessage } from "#shared/bus.ts";
import { leaseIdOf } from "#shared/ids.ts";
import { DEFAULT_LIMITS, type Limits } from "#shared/limits.ts";
import { silentLog } from "#shared/log.ts";

export const meshId = MeshId.parse("mesh-1");
export const nodeId = NodeId.parse("node-1");
export const runId = RunId.parse("run-1");

const capabilities: Capabilities = {
  able: [{ platform: "http" }],
  unable: [],
  labels: [],
  os: "linux",
  arch: "x64",
  cpuCount: 2,
  memoryBytes: 1e9,
};

export const leaseOf = (testIndex: number, number = 1): LeaseId =>
  leaseIdOf({ runId, testIndex, number });

export function offerOf(testIndex: number, number = 1): LeaseOffer {
  return {
    leaseId: leaseOf(testIndex, number),
    runId,
    attemptNumber: number,
    secrets: {},
    definition: {
      key: TestKey.parse(`suite › test ${testIndex}`),
      name: `test ${testIndex}`,
      suite: "suite",
      file: "suite.yaml",
      line: 1,
      tags: [],
      platform: "http",
      timeoutMs: 60_000,
      stepTimeoutMs: 10_000,
      retries: 0,
      viewport: { width: 1280, height: 720, touch: false },
      needs: { labels: [] },
      steps: [],
      files: [],
      secrets: [],
    },
  };
}

/** Attempts that begin and wait until the test ends them; a cancel ends them at once. */
export function createHandExecutor() {
  const works = new Map<LeaseId, AttemptWork>();
  const begun: LeaseId[] = [];
  const cancelled: EndReason[] = [];
  /** What ran each time that it was told to rest. */
  const rests: number[] = [];
  const end = (leaseId: LeaseId, outcome: AttemptOutcome = { status: "passed", durationMs: 5 }) => {
    const work = works.get(leaseId);
    works.delete(leaseId);
    work?.end(outcome);
  };
  const executor: Executor = {
    rest: () => void rests.push(works.size),
    begin: (work) => {
      begun.push(work.offer.leaseId);
      works.set(work.offer.leaseId, work);
      return {
        cancel: (reason) => {
          cancelled.push(reason);
          const loss = reason.status === "lost" ? { loss: reason.loss } : {};
          end(work.offer.leaseId, {
            status: reason.status,
            durationMs: 5,
            error: { message: reason.message },
            ...loss,
          });
        },
      };
    },
  };
  return { executor, begun, cancelled, rests, works, end };
}

export type HandMeshOptions = {
  readonly slots?: number;
  readonly limits?: Partial<Limits>;
  readonly store?: NodeStore;
};

/** A gateway that welcomes and confirms as the test says. */
export function createHandMesh(options: HandMeshOptions = {}) {
  const clock = createHandClock();
  const network = createHandNetwork({ clock });
  const store = options.store ?? createMemoryNodeStore();
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const gateway = network.join("gateway");
  const hellos: Hello[] = [];
  const heartbeats: Heartbeat[] = [];
  const events: NodeEvent[] = [];
  const refusals: Refusal[] = [];
  const stopsAsked: true[] = [];
  const model = {
    epoch: 1,
    drop: [] as LeaseId[],
    isDrained: false,
    confirmed: new Map<string, number>(),
    /** Batches of events are neither taken nor answered. */
    isSilent: false as boolean,
    reply: undefined as HelloReply | undefined,
    freeDiskBytes: 1e12,
    /** Kills the node's process before it does an effect of this kind. */
    killBefore: undefined as Effect["kind"] | undefined,
  };
  const settings = { heartbeatMs: limits.heartbeatMs, unstartedLeaseMs: limits.unstartedLeaseMs };
  gateway.bus.subscribe(helloSubject(nodeId), (message) => {
    const hello = decodeMessage(Hello, message.data);
    hellos.push(hello);
    const known = model.confirmed.get(hello.storeId) ?? 0;
    const welcome: HelloReply = {
      kind: "welcome",
      version: 1,
      epoch: Epoch.parse(model.epoch),
      confirmed: known,
      mustRenewStore: known > hello.lastEvent,
      drop: model.drop,
      isDrained: model.isDrained,
      settings,
    };
    message.reply(encodeMessage(model.reply ?? welcome));
  });
  gateway.bus.subscribe(
    heartbeatSubject(nodeId),
    ({ data }) => void heartbeats.push(decodeMessage(Heartbeat, data)),
  );
  gateway.bus.subscribe(eventsSubject(nodeId), (message) => {
    if (model.isSilent) return;
    const batch = decodeMessage(EventBatch, message.data);
    let number = model.confirmed.get(batch.storeId) ?? 0;
    for (const { number: next, event } of batch.events) {
      if (next !== number + 1) continue;
      number = next;
      events.push(event as NodeEvent);
    }
    model.confirmed.set(batch.storeId, number);
    message.reply(encodeMessage({ kind: "confirmed", number }));
  });

  const boot = (name: string) => {
    const partyClock = clock.party();
    const party = network.join(name, partyClock);
    const hand = createHandExecutor();
    let isAlive = true;
    const kill = () => {
      isAlive = false;
      party.kill();
      partyClock.kill();
    };
    const membership = createMembership({
      identity: {
        meshId,
        nodeId,
        bootId: BootId.parse(name),
        name: "one",
        programVersion: "0.1.0",
      },
      capabilities,
      slots: options.slots ?? 1,
      store,
      bus: party.bus,
      clock: partyClock,
      random: () => 0.5,
      limits,
      executor: hand.executor,
      log: silentLog,
      load: () => ({ cpu: 0, freeMemoryBytes: 1e9, freeDiskBytes: model.freeDiskBytes }),
      onRefused: (refusal) => void refusals.push(refusal),
      onStopAsked: () => void stopsAsked.push(true),
      isAlive: () => isAlive,
      onEffect: (kind) => {
        if (model.killBefore === kind) kill();
      },
    });
    membership.start();
    /** As SIGSTOP and SIGCONT. */
    const setFrozen = (isFrozen: boolean) => {
      // After a thaw, what waits in the socket may be read before the timers that are late.
      party.setFrozen(isFrozen);
      if (isFrozen) partyClock.freeze();
      else partyClock.thaw();
    };
    return { membership, party, kill, setFrozen, ...hand };
  };
  const ask = async (subject: string, message: unknown): Promise<Uint8Array | undefined> => {
    const asked = gateway.bus.request(subject, encodeMessage(message), 500).catch(() => undefined);
    await clock.run(500);
    return asked;
  };
  return {
    clock,
    network,
    gateway,
    store,
    model,
    hellos,
    heartbeats,
    events,
    refusals,
    stopsAsked,
    boot,
    offer: async (leases: readonly LeaseOffer[], epoch = model.epoch) => {
      const answer = await ask(offerSubject(nodeId), { meshId, epoch, leases });
      return answer && decodeMessage(OfferReply, answer).answers;
    },
    control: async (control: Record<string, unknown> & { kind: Control["kind"] }) => {
      const answer = await ask(controlSubject(nodeId), { meshId, epoch: model.epoch, ...control });
      return answer && decodeMessage(ControlReply, answer);
    },
    sayGatewayUp: () => gateway.bus.publish(gatewayUpSubject(), encodeMessage({ meshId })),
  };
}
