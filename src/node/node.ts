/**
 * A node: its data folder, replica, drivers, bus and membership, composed and taken apart again.
 * What it does about leases is membership's; how an attempt runs is attempts'.
 *
 * Stop: nothing new is accepted → running attempts go on for `stopGraceMs`, then they are lost as `node_stopped` →
 * outbox and artifacts have `stopFlushMs` → everything is released. What was not delivered waits in the replica.
 */
import { hostname } from "node:os";
import { join } from "node:path";
import type { JoinToken } from "#proto/api.ts";
import { MeshId, type NodeId } from "#proto/ids.ts";
import { type Clock, systemClock } from "#shared/clock.ts";
import type { NodeFolder } from "#shared/data-folder.ts";
import { MeshError, messageOf } from "#shared/errors.ts";
import { newBootId, systemIds, systemRandom } from "#shared/ids.ts";
import { DEFAULT_LIMITS, type Limits } from "#shared/limits.ts";
import { createLog, type Log } from "#shared/log.ts";
import { PROGRAM_VERSION } from "#shared/program-version.ts";
import { createArtifactKeeper } from "./artifacts/keep.ts";
import { createUploader, type Uploader } from "./artifacts/upload.ts";
import { waitAtMost } from "./attempts/attempt.ts";
import { createFileSource } from "./attempts/files.ts";
import { holdGate, type StepGate } from "./attempts/gate.ts";
import { createSlots } from "./attempts/slots.ts";
import { createWorkspaces } from "./attempts/workspace.ts";
import { createDiskGuard } from "./disk-guard.ts";
import type { Driver } from "./drivers/driver.ts";
import { createNodeDrivers } from "./drivers/load.ts";
import { endedEarly, enterMesh } from "./enter-mesh.ts";
import type { Keeping } from "./keeping.ts";
import { beginProbe, type Claims, cpuCount, createLoadReader } from "./machine.ts";
import type { Refusal } from "./membership/effects.ts";
import { createMembership, type Membership } from "./membership/membership.ts";
import { openNodeReplica } from "./open-replica.ts";
import { createReleasers, type Releasers } from "./releasers.ts";
import { createReserve } from "./reserve.ts";
import { takeFolder } from "./take-folder.ts";

export type NodeOptions = Claims &
  Keeping & {
    readonly token: JoinToken;
    readonly dataDir: string;
    /** This process is the node's alone: its temporary files are the node's. Default false. */
    readonly isAlone?: boolean;
    /** Unique among live nodes; default: the machine's name and the end of the node's id. */
    readonly name?: string;
    /** How many attempts run at once; default: the processors of this machine. */
    readonly slots?: number;
    readonly limits?: Limits;
    readonly clock?: Clock;
    readonly log?: Log;
    /** Default: all that this program has. */
    readonly drivers?: readonly Driver[];
    /** Where browsers are looked for, as PATH. */
    readonly searchPath?: string;
    /** Holds attempts still between their steps: for a node in the process of whoever does that. */
    readonly gate?: StepGate;
    /** Ends a start that waits for NATS or the gateway. */
    readonly signal?: AbortSignal;
    /** Called once when it ended without `stop()`: the gateway asked for it (no error), refused it, or a fault of ours. */
    readonly onStopped: (error?: Error) => void;
  };

export type RunningNode = {
  readonly nodeId: NodeId;
  readonly name: string;
  readonly slots: number;
  readonly pid: number;
  /** Stops gracefully, or without grace for what runs; the same promise for every call. */
  readonly stop: (how?: "gracefully" | "at_once") => Promise<void>;
};

/**
 * Starts a node and returns when the gateway has welcomed it; waits for NATS and the gateway as long as it takes.
 *
 * @throws {MeshError} `folder_locked`; `unauthorized` when the gateway refuses the token's join key, or NATS what it
 *   gave; `refused` when the gateway refuses the node by name (version, foreign mesh, foreign key, duplicate node or
 *   name); `usage` when the start was ended.
 */
export async function startNode(options: NodeOptions): Promise<RunningNode> {
  const log = options.log ?? createLog("node");
  const releasers = createReleasers(log);
  try {
    return await start(options, { log, releasers });
  } catch (thrown) {
    await releasers.releaseAll();
    throw thrown;
  }
}
type Frame = { readonly log: Log; readonly releasers: Releasers };

async function start(options: NodeOptions, frame: Frame): Promise<RunningNode> {
  const { log, releasers } = frame;
  const folder = await takeFolder(options, frame);
  const name = options.name ?? `${hostname()}-${folder.nodeId.slice(-6)}`;
  const parts = await assemble(options, frame, { folder, name });
  const { membership, uploader } = parts;
  let stopping: Promise<void> | undefined;
  const stop = (graceMs: number) => {
    stopping ??= stopNode(parts, graceMs).then(releasers.releaseAll);
    return stopping;
  };
  parts.fate.onStopAsked = () => {
    log.info("The gateway asks this node to stop");
    stop(Number.POSITIVE_INFINITY).then(() => options.onStopped(), options.onStopped);
  };
  parts.fate.onFault = (error) => {
    log.error("A fault of ours ends this node", { reason: error.message });
    stop(0).then(() => options.onStopped(error), options.onStopped);
  };
  membership.start();
  uploader.notify();
  await parts.fate.joined(options.signal);
  parts.fate.onRefused = (refusal) => {
    stop(0).then(() => options.onStopped(refusedError(name, refusal)), options.onStopped);
  };
  parts.fate.onBarred = (error) => {
    log.error("The mesh lets this node in no more: it ends when nothing runs", {
      reason: error.message,
    });
    stop(Number.POSITIVE_INFINITY).then(() => options.onStopped(error), options.onStopped);
  };
  const graceMs = (options.limits ?? DEFAULT_LIMITS).stopGraceMs;
  return {
    nodeId: folder.nodeId,
    name,
    slots: parts.slots,
    pid: process.pid,
    stop: (how) => stop(how === "at_once" ? 0 : graceMs),
  };
}

type Parts = {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly log: Log;
  readonly slots: number;
  readonly membership: Membership;
  readonly uploader: Uploader;
  readonly fate: Fate;
};

type Place = { readonly folder: NodeFolder; readonly name: string };

async function assemble(
  options: NodeOptions,
  { log, releasers }: Frame,
  { folder, name }: Place,
): Promise<Parts> {
  const { token, signal, limits = DEFAULT_LIMITS } = options;
  const clock = options.clock ?? systemClock;
  const slots = options.slots ?? cpuCount();
  const fate = createFate(name);
  const drivers = options.drivers ?? createNodeDrivers(options, log);
  const probing = beginProbe(drivers, options, log);
  releasers.add("probe", probing.close);
  const reserve = createReserve(join(folder.path, "reserve"));
  const { replica, storeFault } = openNodeReplica({
    path: folder.databasePath,
    log,
    reserve,
    onDiskFull: () => fate.onDiskFull(),
    onDamage: (damage) => fate.onFault(damage),
  });
  releasers.add("replica", replica.close);
  const onBarred = (error: MeshError) => fate.onBarred(error);
  const entering = { ...folder, token, name, clock, log, signal };
  const { bus, blobKey } = await enterMesh({ ...entering, onBarred });
  releasers.add("bus", bus.close);
  const guard = createDiskGuard({ folder: folder.path, clock, limits, canSave: replica.canSave });
  const transfer = { gatewayUrl: token.gatewayUrl, blobKey, ca: token.ca, clock, log };
  const kept = { blobsPath: folder.blobsPath, uploads: replica.uploads, clock };
  const uploader = createUploader({ ...transfer, ...kept });
  releasers.add("uploads", uploader.close);
  const executor = createSlots({
    drivers,
    allowance: options.allowance,
    ...holdGate(options.gate, clock),
    limits,
    log,
    fullDisk: guard.fullDisk,
    workspaces: createWorkspaces(folder.workPath, log),
    files: createFileSource({ ...transfer, cachePath: join(folder.path, "files") }),
    artifacts: createArtifactKeeper({
      ...kept,
      ids: systemIds,
      limits,
      onKept: uploader.notify,
    }),
    onFault: (thrown) =>
      fate.onFault(thrown instanceof Error ? thrown : new Error(messageOf(thrown))),
  });
  releasers.add("drivers", executor.close);
  const membership = createMembership({
    identity: identityOf(options, { folder, name }),
    capabilities: await probing.capabilities,
    slots,
    store: replica.store,
    bus,
    clock,
    random: systemRandom,
    limits,
    executor,
    log,
    load: createLoadReader(folder.path, clock),
    ...guard,
    storeFault,
    onWelcome: () => {
      fate.onWelcome();
      uploader.retryNow();
    },
    onResumed: reserve.refill,
    onRefused: (refusal) => fate.onRefused(refusal),
    onStopAsked: () => fate.onStopAsked(),
  });
  releasers.add("membership", membership.close);
  fate.onDiskFull = () => closeFullNode(membership, log);
  return { clock, limits, log, slots, membership, uploader, fate };
}

/** The write that found the disk full is under way: what follows from it waits until that is over. */
function closeFullNode(membership: Membership, log: Log): void {
  queueMicrotask(() => {
    const message = "The node's disk is full";
    log.error(message);
    membership.cordon(message);
    membership.cancelRunning({ status: "lost", loss: "disk_full", message });
  });
}

const identityOf = ({ token }: NodeOptions, { folder, name }: Place) => ({
  meshId: MeshId.parse(token.meshId),
  nodeId: folder.nodeId,
  bootId: newBootId(systemIds),
  name,
  programVersion: PROGRAM_VERSION,
});

/** What befalls the node from outside, as callbacks that its start and its life set one after the other. */
type Fate = {
  onWelcome: () => void;
  onRefused: (refusal: Refusal) => void;
  /** NATS and the gateway's join refuse it for good. */
  onBarred: (error: MeshError) => void;
  onStopAsked: () => void;
  onFault: (error: Error) => void;
  onDiskFull: () => void;
  /** Resolves at the first welcome. @throws {MeshError} `refused`, or `usage` when the signal ended it. */
  readonly joined: (signal: AbortSignal | undefined) => Promise<void>;
};

function createFate(name: string): Fate {
  const joined = Promise.withResolvers<void>();
  // What befalls it before anybody waits is told to who waits later.
  joined.promise.catch(() => undefined);
  return {
    onWelcome: joined.resolve,
    onRefused: (refusal) => joined.reject(refusedError(name, refusal)),
    onBarred: joined.reject,
    onStopAsked: () => undefined,
    onFault: joined.reject,
    onDiskFull: () => undefined,
    joined: (signal) => {
      const end = () => joined.reject(endedEarly());
      if (signal?.aborted) end();
      signal?.addEventListener("abort", end, { once: true });
      return joined.promise.finally(() => signal?.removeEventListener("abort", end));
    },
  };
}

const refusedError = (name: string, { code, reason }: Refusal) =>
  new MeshError("refused", `The gateway refuses the node ${name} (${code}): ${reason}`);

async function stopNode(
  { clock, limits, membership, uploader, log }: Parts,
  graceMs: number,
): Promise<void> {
  membership.beginStop();
  const idle = membership.whenIdle().then(() => true);
  const isIdle = Number.isFinite(graceMs) ? await waitAtMost(clock, graceMs, idle) : await idle;
  if (isIdle !== true) {
    log.warn("Attempts are ended by the node's stop", { count: membership.runningCount() });
    membership.cancelRunning({
      status: "lost",
      loss: "node_stopped",
      message: "The node was stopped while the attempt ran",
    });
    await waitAtMost(clock, 2 * limits.driverCloseMs, idle);
  }
  const [isDelivered] = await Promise.all([
    membership.flush(limits.stopFlushMs),
    uploader.flush(limits.stopFlushMs),
  ]);
  if (!isDelivered) log.warn("Not everything is delivered: it waits in this node's replica");
}
