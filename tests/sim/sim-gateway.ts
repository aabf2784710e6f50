/** The simulated gateway: the real core on a store that outlives it, in a process that can die anywhere. */

import { type GatewayCore, startCore } from "#gateway/core.ts";
import { createService } from "#gateway/create-service.ts";
import type { Change } from "#gateway/mesh/change.ts";
import type { GatewayService } from "#gateway/service.ts";
import type { GatewayStore } from "#gateway/store/gateway-store.ts";
import type { HandParty } from "#kit/hand-bus.ts";
import type { PartyClock } from "#kit/hand-clock.ts";
import type { MemoryGatewayStore } from "#kit/memory-gateway-store.ts";
import type { MeshId } from "#proto/ids.ts";
import type { Bus } from "#shared/bus.ts";
import { MeshError } from "#shared/errors.ts";
import { newBootId } from "#shared/ids.ts";
import { DEFAULT_LIMITS } from "#shared/limits.ts";
import type { SimContext } from "./context.ts";
import { unsealSecrets } from "./draw-run.ts";
import type { GatewayKillPoint } from "./fault-plan.ts";
import { createHealth } from "./health.ts";
import type { RunPlan } from "./plan.ts";

export type SimGateway = {
  readonly isUp: () => boolean;
  readonly core: () => GatewayCore | undefined;
  readonly service: () => GatewayService | undefined;
  readonly boot: () => void;
  readonly kill: (why: string) => void;
  readonly arm: (point: Exclude<GatewayKillPoint, "now">) => void;
  readonly isFrozen: () => boolean;
  /** How long it has been up, heard and unhindered, milliseconds. */
  readonly wellForMs: () => number;
  readonly freeze: () => void;
  readonly thaw: () => void;
  readonly cut: (isCut: boolean) => void;
  readonly setConnected: (isConnected: boolean) => void;
  readonly setNats: (isUp: boolean) => void;
  readonly setDiskFull: (isFull: boolean) => void;
  /** How long its disk has had room, milliseconds. */
  readonly roomForMs: () => number;
  /** Asks for the run until it is committed, as a client that repeats itself. */
  readonly submit: (run: RunPlan) => void;
};

export type SimGatewayOptions = {
  readonly context: SimContext;
  readonly meshId: MeshId;
  readonly store: MemoryGatewayStore;
  /** After each commit: what was saved, and the books of the process that saved it. */
  readonly onCommit: (changes: readonly Change[], core: GatewayCore | undefined) => void;
  readonly isAnythingRunning: () => boolean;
};

type Process = {
  readonly name: string;
  readonly clock: PartyClock;
  readonly party: HandParty;
  core: GatewayCore | undefined;
  service: GatewayService | undefined;
  readonly submitted: Set<RunPlan>;
  isAlive: boolean;
  isDisconnected: boolean;
  isFrozen: boolean;
  isCut: boolean;
};

export function createSimGateway(options: SimGatewayOptions): SimGateway {
  const { context, store } = options;
  const { clock, trace, figures, fail } = context;
  const random = context.random.fork("gateway");
  let bootCount = 0;
  let armed: GatewayKillPoint | undefined;
  let effectsLeft = 0;
  let isDiskFull = false;
  let roomSinceMs = Number.NEGATIVE_INFINITY;
  let isNatsAway = false;
  let current: Process | undefined;
  const health = createHealth(clock.monotonicMs);
  const tellHealth = () => {
    const { isAlive = false, isFrozen, isCut, isDisconnected } = current ?? {};
    health.set(isAlive && !isFrozen && !isCut && !isDisconnected && !isNatsAway && !isDiskFull);
  };

  const kill = (why: string) => {
    const process = current;
    if (process === undefined || !process.isAlive) return;
    trace.note(`KILL ${process.name} ${why}`);
    figures.gatewayKills += 1;
    if (!isNatsAway && options.isAnythingRunning()) context.rows.play("gateway killed, NATS alive");
    armed = undefined;
    process.isAlive = false;
    process.party.kill();
    process.clock.kill();
    tellHealth();
  };
  const killAt = (point: GatewayKillPoint) => {
    if (armed === point) kill(point);
  };
  const beforeSend = () => {
    if (armed !== "amid_effects") return;
    if (effectsLeft === 0) kill("amid_effects");
    effectsLeft -= 1;
  };
  const commit = (process: Process, changes: readonly Change[]) => {
    if (!process.isAlive) return;
    if (isDiskFull) {
      // What was to be confirmed is not, and its node keeps it.
      if (changes.some((one) => one.kind === "event_taken")) context.rows.play("gateway disk full");
      throw new MeshError("disk_full", "Cannot commit: no room");
    }
    killAt("before_commit");
    if (!process.isAlive) return;
    store.commit(changes);
    figures.commits += 1;
    options.onCommit(changes, process.core);
    killAt("after_commit");
    if (changes.some((one) => one.kind === "lease_issued")) killAt("after_issue");
    if (!process.isAlive && changes.some((one) => one.kind === "lease_issued"))
      context.rows.play("gateway killed between commit and send");
  };
  const boot = () => {
    if (current?.isAlive === true) return;
    bootCount += 1;
    armed = undefined;
    const name = `gateway#${bootCount}`;
    const partyClock = clock.party();
    const process: Process = {
      name,
      clock: partyClock,
      party: context.network.join(name, partyClock),
      core: undefined,
      service: undefined,
      submitted: new Set(),
      isAlive: true,
      isDisconnected: false,
      isFrozen: false,
      isCut: false,
    };
    current = process;
    if (isNatsAway) process.party.setConnected(false);
    trace.note(`BOOT ${name}`);
    const guarded: GatewayStore = { ...store, commit: (changes) => commit(process, changes) };
    const core = startCore({
      meshId: options.meshId,
      bootId: newBootId(context.ids),
      bus: tapBus(process.party.bus, beforeSend),
      clock: partyClock,
      store: guarded,
      limits: DEFAULT_LIMITS,
      listener: {
        onNotice: () => undefined,
        onStart: () => undefined,
        onRunEnded: () => undefined,
      },
      defer: (act) => void partyClock.after(random.chance(0.2) ? random.int(1, 8) : 0, act),
      unseal: unsealSecrets,
      onFault: (thrown) => {
        if (process.isAlive) fail("fault", `The gateway faulted: ${stackOf(thrown)}`);
      },
    });
    for (const [project, slots] of Object.entries(context.plan.quotas))
      core.mesh.quotas.set(project, slots);
    process.core = core;
    process.service = serviceOf(core, guarded);
    tellHealth();
  };
  const change = (act: (process: Process) => void) => {
    if (current?.isAlive === true) act(current);
    tellHealth();
  };
  const submit = (run: RunPlan) => {
    if (store.runs.has(run.run.runId)) return;
    clock.after(700, () => submit(run));
    const process = current;
    if (process?.core === undefined || !process.isAlive || process.submitted.has(run)) return;
    process.submitted.add(run);
    const { core } = process;
    // Refused before it was decided: asked again. Refused afterwards: it will be there, cancelled.
    core.createRun(run.run).catch(() => {
      if (!core.mesh.runs.has(run.run.runId)) process.submitted.delete(run);
    });
  };
  return {
    isUp: () => current?.isAlive === true,
    core: () => (current?.isAlive === true ? current.core : undefined),
    service: () => (current?.isAlive === true ? current.service : undefined),
    boot,
    kill,
    arm: (point) => {
      armed = point;
      effectsLeft = random.int(0, 4);
    },
    isFrozen: () => current?.isAlive === true && current.isFrozen,
    freeze: () =>
      change((process) => {
        process.isFrozen = true;
        process.clock.freeze();
        process.party.setFrozen(true);
      }),
    thaw: () =>
      change((process) => {
        process.isFrozen = false;
        const thaws = [() => process.clock.thaw(), () => process.party.setFrozen(false)];
        for (const thaw of random.chance(0.5) ? thaws : thaws.reverse()) thaw();
      }),
    wellForMs: health.wellForMs,
    roomForMs: () => (isDiskFull ? 0 : context.clock.monotonicMs() - roomSinceMs),
    cut: (isCut) =>
      change((process) => {
        process.isCut = isCut;
        process.party.cut(isCut);
      }),
    setConnected: (isConnected) =>
      change((process) => {
        process.isDisconnected = !isConnected;
        process.party.setConnected(isConnected && !isNatsAway);
      }),
    setNats: (isUp) => {
      trace.note(`NATS ${isUp ? "back" : "away"} for ${"gateway"}`);
      isNatsAway = !isUp;
      change((process) => process.party.setConnected(isUp && !process.isDisconnected));
    },
    setDiskFull: (isFull) => {
      isDiskFull = isFull;
      roomSinceMs = context.clock.monotonicMs();
      tellHealth();
    },
    submit,
  };
}

/** Calls `beforeSend` before anything leaves the process, answers included. */
function tapBus(bus: Bus, beforeSend: () => void): Bus {
  return {
    ...bus,
    publish: (subject, data) => {
      beforeSend();
      bus.publish(subject, data);
    },
    request: (subject, data, timeoutMs) => {
      beforeSend();
      return bus.request(subject, data, timeoutMs);
    },
    subscribe: (subject, onMessage) =>
      bus.subscribe(subject, (message) =>
        onMessage({
          ...message,
          reply: (data) => {
            beforeSend();
            message.reply(data);
          },
        }),
      ),
  };
}

function serviceOf(core: GatewayCore, store: GatewayStore): GatewayService {
  const none = () => () => undefined;
  const nothing = () => undefined;
  return createService({
    core,
    store,
    blobs: { isWhole: () => true },
    listeners: {
      onNotice: nothing,
      onStart: nothing,
      onRunEnded: nothing,
      watchNotices: none,
      watchStarts: none,
    },
    metrics: { text: () => Promise.resolve(""), observeCommit: nothing, countRun: nothing },
    submit: refuse,
    plan: refuse,
    reruns: { rerun: refuse, rerunOutlook: nothing },
  });
}

const refuse = () =>
  Promise.reject(new MeshError("usage", "Cannot submit here: the simulation creates runs itself"));

const stackOf = (thrown: unknown): string =>
  thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
