/** One simulated node: the real membership on a disk that outlives it, in a process that can die anywhere. */
import type { HandParty } from "#kit/hand-bus.ts";
import type { PartyClock } from "#kit/hand-clock.ts";
import { createMembership, type Membership } from "#node/membership/membership.ts";
import type { NodeStore } from "#node/store/node-store.ts";
import type { Capabilities } from "#proto/hello.ts";
import { type MeshId, NodeId } from "#proto/ids.ts";
import { newBootId } from "#shared/ids.ts";
import { DEFAULT_LIMITS } from "#shared/limits.ts";
import { silentLog } from "#shared/log.ts";
import type { SimContext } from "./context.ts";
import { createFakeExecutor } from "./fake-executor.ts";
import type { NodeKillPoint } from "./fault-plan.ts";
import { stopGracefully } from "./graceful-stop.ts";
import { guardNodeStore } from "./guarded-node-store.ts";
import { createHealth, type Health } from "./health.ts";
import { createNodeDisk, type NodeDisk } from "./node-disk.ts";
import { createNodeOracle, type NodeOracle } from "./node-oracle.ts";
import type { Nature, NodePlan } from "./plan.ts";

export type SimNode = {
  readonly name: string;
  readonly nodeId: NodeId;
  readonly capabilities: Capabilities;
  readonly disk: NodeDisk;
  readonly oracle: NodeOracle;
  readonly health: Health;
  readonly isUp: () => boolean;
  readonly membership: () => Membership | undefined;
  readonly boot: () => void;
  readonly kill: (why: string) => void;
  /** Dies at the next such point. */
  readonly arm: (point: Exclude<NodeKillPoint, "now">) => void;
  readonly freeze: () => void;
  readonly thaw: () => void;
  readonly cut: (isCut: boolean) => void;
  readonly setConnected: (isConnected: boolean) => void;
  /** The server is there or away for everyone: no trouble of this node. */
  readonly setNats: (isUp: boolean) => void;
  readonly setDiskFull: (isFull: boolean) => void;
  readonly runningCount: () => number;
  /** Alive, and nothing between it and the gateway. */
  readonly isReachable: () => boolean;
  /** A full disk made it close itself, until a person resumes it. */
  readonly isCordoned: () => boolean;
  readonly isDiskFull: () => boolean;
  /** How long it has not been cordoned, milliseconds. */
  readonly openForMs: () => number;
  /** A graceful end, as a person asks for it; started again `downMs` later. */
  readonly stop: (downMs: number) => void;
};

export type SimNodeOptions = {
  readonly context: SimContext;
  readonly meshId: MeshId;
  readonly plan: NodePlan;
  readonly natureOf: (testKey: string) => Nature;
};

type Process = {
  readonly name: string;
  readonly clock: PartyClock;
  readonly party: HandParty;
  membership: Membership | undefined;
  isAlive: boolean;
  isFrozen: boolean;
  isCut: boolean;
  isDisconnected: boolean;
  isNatsAway: boolean;
  isCordoned: boolean;
};

/** How long the supervisor of a refused node waits before it starts it again. */
const REFUSED_PAUSE_MS = 2_000;

export function createSimNode(options: SimNodeOptions): SimNode {
  const { context, plan } = options;
  const { clock, trace, figures, rows } = context;
  const nodeId = NodeId.parse(`node-${plan.name}`);
  const disk = createNodeDisk(context.ids);
  const oracle = createNodeOracle(context);
  const health = createHealth(clock.monotonicMs);
  const random = context.random.fork(plan.name);
  let bootCount = 0;
  let armed: NodeKillPoint | undefined;
  let isDiskFull = false;
  let isNatsAway = false;
  let cordonedMs = Number.NEGATIVE_INFINITY;
  let current: Process | undefined;

  const tellHealth = (process: Process | undefined) => {
    if (process !== current) return;
    const { isAlive = false, isFrozen = true, isCut = true, isDisconnected = true } = process ?? {};
    const isMember = process?.membership?.state().kind === "member";
    health.set(isAlive && isMember && !isFrozen && !isCut && !isDisconnected);
  };
  /** Until its end is delivered nobody can know that an attempt was over. */
  const noteDeath = () =>
    oracle.onDeath(
      disk
        .store()
        .held()
        .map(({ leaseId }) => leaseId),
    );
  const kill = (why: string) => {
    const process = current;
    if (process === undefined || !process.isAlive) return;
    trace.note(`KILL ${process.name} ${why}`);
    figures.nodeKills += 1;
    if ((process.membership?.runningCount() ?? 0) > 0) rows.play("node killed mid-attempt");
    if (process.isCordoned) cordonedMs = clock.monotonicMs();
    armed = undefined;
    process.isAlive = false;
    process.party.kill();
    process.clock.kill();
    noteDeath();
    tellHealth(process);
  };
  const killAt = (point: NodeKillPoint) => {
    if (armed === point) kill(`at ${point}`);
  };
  const refused = (process: Process, code: string) => {
    trace.note(`REFUSED ${process.name} ${code}`);
    figures.refusedHellos += 1;
    if (process !== current) return;
    kill("after it was refused");
    clock.after(REFUSED_PAUSE_MS, () => boot());
  };
  /** As node.ts does: the write goes on by the reserve; what follows from it waits until that is over. */
  const meetFullDisk = (process: Process) => {
    if (process.isCordoned) return;
    process.isCordoned = true;
    trace.note(`DISK FULL ${process.name}`);
    process.clock.after(0, () => {
      const message = "The node's disk is full";
      if ((process.membership?.runningCount() ?? 0) > 0) rows.play("node disk full");
      process.membership?.cordon(message);
      process.membership?.cancelRunning({ status: "lost", loss: "disk_full", message });
    });
  };
  const boot = () => {
    if (current?.isAlive === true) return;
    bootCount += 1;
    armed = undefined;
    const name = `${plan.name}#${bootCount}`;
    const partyClock = clock.party();
    const process: Process = {
      name,
      clock: partyClock,
      party: context.network.join(name, partyClock),
      membership: undefined,
      isAlive: true,
      isFrozen: false,
      isCut: false,
      isDisconnected: false,
      isNatsAway,
      isCordoned: false,
    };
    if (isNatsAway) process.party.setConnected(false);
    current = process;
    trace.note(`BOOT ${name}`);
    const isAlive = () => process.isAlive;
    const store: NodeStore = guardNodeStore({
      disk,
      oracle,
      isAlive,
      killAt,
      context,
      isFull: () => isDiskFull,
      onFull: () => meetFullDisk(process),
      closed: () => (isDiskFull ? "full" : process.isCordoned ? "cordoned" : undefined),
    });
    const membership = createMembership({
      identity: {
        meshId: options.meshId,
        nodeId,
        bootId: newBootId(context.ids),
        name: plan.name,
        programVersion: "1",
      },
      capabilities: plan.capabilities,
      slots: plan.slots,
      store,
      bus: process.party.bus,
      clock: partyClock,
      random: random.next,
      limits: DEFAULT_LIMITS,
      executor: createFakeExecutor({
        clock: partyClock,
        random: random.fork(`${bootCount}`),
        natureOf: options.natureOf,
        onBegin: () => {
          figures.attempts += 1;
        },
        die: () => {
          kill("by a test");
          clock.after(random.int(200, 4_000), boot);
        },
      }),
      log: silentLog,
      load: () => ({ cpu: 0, freeMemoryBytes: 1e9, freeDiskBytes: isDiskFull ? 1 : 1e12 }),
      onRefused: ({ code }) => refused(process, code),
      onStopAsked: () => undefined,
      onResumed: () => {
        process.isCordoned = false;
        cordonedMs = clock.monotonicMs();
      },
      isAlive,
      onEffect: (kind) => {
        killAt(kind);
        if (kind !== "resume_outbox") return;
        clock.after(0, () => tellHealth(process)); // the welcome is done by then
      },
    });
    process.membership = membership;
    membership.start();
    oracle.onRecovered(disk.store());
    tellHealth(process);
  };
  const change = (act: (process: Process) => void) => {
    if (current === undefined || !current.isAlive) return;
    act(current);
    tellHealth(current);
  };
  return {
    name: plan.name,
    nodeId,
    capabilities: plan.capabilities,
    disk,
    oracle,
    health,
    isUp: () => current?.isAlive === true,
    membership: () => (current?.isAlive === true ? current.membership : undefined),
    runningCount: () => (current?.isAlive === true ? (current.membership?.runningCount() ?? 0) : 0),
    isReachable: () => {
      const { isAlive = false, isFrozen = true, isCut = true } = current ?? {};
      return isAlive && !isFrozen && !isCut;
    },
    isCordoned: () => current?.isAlive === true && current.isCordoned,
    isDiskFull: () => isDiskFull,
    openForMs: () => (current?.isCordoned === true ? 0 : clock.monotonicMs() - cordonedMs),
    boot,
    kill,
    arm: (point) => {
      armed = point;
    },
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
    cut: (isCut) =>
      change((process) => {
        process.isCut = isCut;
        process.party.cut(isCut);
      }),
    setConnected: (isConnected) =>
      change((process) => {
        // From outside it looks like a death (C4).
        if (!isConnected) noteDeath();
        process.isDisconnected = !isConnected;
        process.party.setConnected(isConnected && !process.isNatsAway);
      }),
    setNats: (isUp) => {
      trace.note(`NATS ${isUp ? "back" : "away"} for ${plan.name}`);
      isNatsAway = !isUp;
      change((process) => {
        process.isNatsAway = !isUp;
        process.party.setConnected(isUp && !process.isDisconnected);
      });
    },
    setDiskFull: (isFull) => {
      isDiskFull = isFull;
    },
    stop: (downMs) =>
      change((process) => {
        stopGracefully(process, (why) => {
          kill(why);
          clock.after(downMs, boot);
        });
      }),
  };
}
