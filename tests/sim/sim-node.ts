/** One simulated node: the real membership on a disk that outlives it, in a process that can die anywhere. */
import type { HandParty } from "#kit/hand-bus.ts";
import type { PartyClock } from "#kit/hand-clock.ts";
import { createMembership, type Membership } from "#node/membership/membership.ts";
import type { NodeStore } from "#node/store/node-store.ts";
import { NodeId } from "#proto/ids.ts";
import { MeshError } from "#shared/errors.ts";
import { newBootId } from "#shared/ids.ts";
import { DEFAULT_LIMITS } from "#shared/limits.ts";
import { silentLog } from "#shared/log.ts";
import { createFakeExecutor } from "./fake-executor.ts";
import type { NodeKillPoint } from "./fault-plan.ts";
import { stopGracefully } from "./graceful-stop.ts";
import { guardNodeStore } from "./guarded-node-store.ts";
import { createHealth } from "./health.ts";
import { createNodeDisk } from "./node-disk.ts";
import { createNodeOracle } from "./node-oracle.ts";
import type { SimNode, SimNodeOptions } from "./node-shape.ts";

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

/** Writes that the reserve makes room for, at most. */
const RESERVE_WRITES_MAX = 30;

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
  let reserveLeft = RESERVE_WRITES_MAX;
  const opensItself = random.chance(0.5);
  let skewMs = plan.skewMs;
  let hasLeft = false;
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
    context.truth.died(process.name);
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
  const makeRoom = (process: Process): boolean => {
    if (process.isCordoned) {
      reserveLeft -= 1;
      return reserveLeft >= 0;
    }
    if (reserveLeft < RESERVE_WRITES_MAX) return false;
    reserveLeft = random.int(1, RESERVE_WRITES_MAX - 1);
    process.isCordoned = true;
    trace.note(`DISK FULL ${process.name}`);
    process.clock.after(0, () => {
      const message = "The node's disk is full";
      if ((process.membership?.runningCount() ?? 0) > 0) rows.play("node disk full");
      process.membership?.cordon(message);
      process.membership?.cancelRunning({ status: "lost", loss: "disk_full", message });
    });
    return true;
  };
  const refill = () => {
    if (!isDiskFull) reserveLeft = RESERVE_WRITES_MAX;
  };
  const boot = () => {
    if (current?.isAlive === true || hasLeft) return;
    bootCount += 1;
    armed = undefined;
    refill();
    const name = `${plan.name}#${bootCount}`;
    const partyClock = clock.party(() => skewMs);
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
      makeRoom: () => makeRoom(process),
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
        speed: plan.speed,
        isStill: context.plan.isStill,
        onBegin: (leaseId) => {
          figures.attempts += 1;
          context.truth.begin({ leaseId, process: name, sinceMs: clock.monotonicMs() });
        },
        onEnd: (leaseId) => context.truth.end(leaseId, name),
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
        refill();
      },
      mayReopen: () => !isDiskFull && opensItself,
      isAlive,
      onEffect: (kind) => {
        killAt(kind);
        if (kind !== "resume_outbox") return;
        clock.after(0, () => tellHealth(process)); // the welcome is done by then
      },
    });
    process.membership = membership;
    try {
      membership.start();
    } catch (thrown) {
      if (!(thrown instanceof MeshError) || thrown.code !== "disk_full") throw thrown;
      kill("as it cannot save what it left behind");
      clock.after(REFUSED_PAUSE_MS, () => boot());
      return;
    }
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
    shiftClock: (byMs) => {
      skewMs += byMs;
    },
    hasLeft: () => hasLeft,
    leave: (isGraceful) => {
      const go = (why: string) => {
        kill(why);
        hasLeft = true;
        disk.takeAway();
      };
      if (!isGraceful || current?.isAlive !== true) return go("as it leaves");
      change((process) => stopGracefully(process, go));
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
