/**
 * The gateway without its rims: bus and store in, decisions out. gateway.ts gives it NATS, libSQL and HTTP; the
 * simulator gives it a bus, a store and a clock that are driven by hand. One object a process; `stop` or a kill ends it.
 */
import type { RunOptions } from "#proto/api.ts";
import type { BootId, MeshId, RunId } from "#proto/ids.ts";
import type { QuarantineEntry } from "#proto/quarantine.ts";
import type { RunOrigin } from "#proto/report.ts";
import { gatewayProbeSubject } from "#proto/subjects.ts";
import type { TestDefinition } from "#proto/test.ts";
import type { Bus } from "#shared/bus.ts";
import type { Clock, Timer } from "#shared/clock.ts";
import type { MeshError } from "#shared/errors.ts";
import type { Limits } from "#shared/limits.ts";
import type { Log } from "#shared/log.ts";
import { type Hearing, hearProbe, judgeTick } from "./fleet/hearing.ts";
import { setLife } from "./fleet/life.ts";
import { graceNode } from "./fleet/liveness.ts";
import { watchLives } from "./fleet/watch.ts";
import type { Estimate } from "./history/estimate.ts";
import { learnSpeeds, setSpeeds } from "./history/learn.ts";
import { recallEstimates } from "./history/recollect.ts";
import { listenToNodes, sayGatewayUp } from "./intake.ts";
import { isStruck } from "./merge/verdict.ts";
import { createMesh, newNodeState, newRunState } from "./mesh/create.ts";
import { createJournal, type Journal } from "./mesh/journal.ts";
import { loadRun } from "./mesh/load-run.ts";
import type { Mesh, MeshListener } from "./mesh/mesh.ts";
import { isActive, type RunState } from "./mesh/run-state.ts";
import { holdLease, restoreLocks } from "./scheduler/held-lease.ts";
import { recallForDue } from "./scheduler/recall.ts";
import { repeatUnanswered } from "./scheduler/repeat.ts";
import { endRun, queueRun } from "./scheduler/settle.ts";
import { endTurn, tickSchedule } from "./scheduler/tick.ts";
import type { GatewayStore, LoadedRun } from "./store/gateway-store.ts";

export const TICK_MS = 250;

export type CoreOptions = {
  readonly meshId: MeshId;
  readonly bootId: BootId;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly store: GatewayStore;
  readonly limits: Limits;
  readonly listener: MeshListener;
  /** Calls back when what is at hand was handled: the pace of group commit. */
  readonly defer: (act: () => void) => void;
  /** Opens the sealed secrets of a run (K1). */
  readonly unseal: (sealed: string) => Readonly<Record<string, string>>;
  readonly onFault: (thrown: unknown) => void;
  /** Told of nodes that come, are suspect and go; default: nobody. */
  readonly log?: Log;
  /** Told of messages that nobody can act on, once a minute a kind; default: nobody. */
  readonly warn?: (kind: string, message: string) => void;
};

export type NewRun = {
  readonly runId: RunId;
  readonly definitions: readonly TestDefinition[];
  /** Of each definition; absent: nothing is known. Not stored with the run. */
  readonly estimates?: readonly Estimate[] | undefined;
  readonly options: RunOptions;
  /** Absent: the run is all that its suites say. */
  readonly origin?: RunOrigin | undefined;
  readonly secrets: Readonly<Record<string, string>>;
  readonly sealedSecrets: string | undefined;
  readonly idempotencyKey: string | undefined;
  readonly bodySha256: string;
  /** The list that holds for it; absent: none. */
  readonly quarantine?: readonly QuarantineEntry[] | undefined;
};

export type GatewayCore = {
  readonly mesh: Mesh;
  /** Resolves when the run and its ledger are committed. */
  readonly createRun: (run: NewRun) => Promise<RunState>;
  /** Runs a decision; resolves when it is committed. */
  readonly decide: (act: () => void) => Promise<void>;
  readonly failure: () => MeshError | undefined;
  /** Commits what is decided, now; false while the store takes nothing, and memory is ahead of it. */
  readonly settle: () => boolean;
  /** A run as people may see it: as it is committed, since a crash would take back anything else. */
  readonly shownRun: (runId: RunId) => RunState | undefined;
  readonly isHearing: () => boolean;
  readonly stop: () => void;
};

/** Loads what was committed, listens, says that the gateway is up, and starts to tick. */
export function startCore(options: CoreOptions): GatewayCore {
  const core = new Core(options);
  core.start();
  return core;
}

class Core implements GatewayCore {
  readonly mesh: Mesh;
  readonly #options: CoreOptions;
  readonly #journal: Journal;
  readonly #stops: (() => void)[] = [];
  readonly #recalled = new Map<RunId, RunState>();
  #hearing: Hearing;
  #timer: Timer | undefined;
  #repeatedMs = Number.NEGATIVE_INFINITY;
  #isStopped: boolean = false;

  constructor(options: CoreOptions) {
    this.#options = options;
    this.#hearing = {
      probeSentMs: undefined,
      isHearing: true,
      tickedMs: options.clock.monotonicMs(),
    };
    this.#journal = createJournal({
      commit: options.store.commit,
      clock: options.clock,
      defer: options.defer,
      beforeCommit: () => endTurn(this.mesh),
      onFault: options.onFault,
    });
    this.mesh = createMesh(options, this.#journal, (runId) => this.#recallRun(runId));
  }

  start(): void {
    this.#load();
    const { bus, bootId } = this.#options;
    this.#stops.push(
      ...listenToNodes(this.mesh, this.#journal),
      bus.subscribe(gatewayProbeSubject(bootId), () => this.#onProbe()),
      bus.watch((isConnected) => {
        if (isConnected) this.#onReconnect();
      }),
    );
    sayGatewayUp(this.mesh);
    this.#tick();
  }

  async createRun(created: NewRun): Promise<RunState> {
    const { mesh } = this;
    const run = newRunState(created, mesh.clock);
    const { secrets: _memoryOnly, estimates: _fromHistory, ...rest } = created;
    try {
      await this.#journal.propose(() => {
        mesh.runs.set(run.id, run);
        mesh.turn.save({ ...rest, kind: "run_created", createdWallMs: run.createdWallMs });
      });
    } catch (thrown) {
      // Whoever was told that there is no run finds none, and may submit it again with the same key.
      mesh.runs.delete(run.id);
      throw thrown;
    }
    this.#openRun(run);
    return run;
  }

  /** Tests are queued when their run is committed, not before. */
  #openRun(run: RunState): void {
    this.#journal.act(() => {
      queueRun(this.mesh, run);
      recallForDue(this.mesh);
      if (run.openCount === 0) endRun(this.mesh, run);
    });
  }

  decide(act: () => void): Promise<void> {
    return this.#journal.decide(act);
  }

  failure(): MeshError | undefined {
    return this.#journal.failure();
  }

  settle(): boolean {
    return this.#journal.settle();
  }

  shownRun(runId: RunId): RunState | undefined {
    if (this.settle()) return this.mesh.runs.get(runId) ?? this.mesh.recallRun(runId);
    const committed = this.#options.store.loadRun(runId);
    return committed && loadRun(this.#options, committed, { isShown: true });
  }

  isHearing(): boolean {
    return this.#hearing.isHearing && this.#options.bus.isConnected();
  }

  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#timer?.cancel();
    for (const stop of this.#stops) stop();
    this.#journal.flush();
    this.#journal.close();
  }

  #load(): void {
    const { store, clock, limits } = this.#options;
    const loaded = store.load();
    const nowMs = clock.monotonicMs();
    for (const { storeId, nodeId, confirmed } of loaded.stores)
      this.mesh.stores.set(storeId, { nodeId, confirmed });
    for (const { project, slots } of loaded.quotas) this.mesh.quotas.set(project, slots);
    for (const record of loaded.nodes) {
      const life = record.isGone
        ? ({ kind: "gone" } as const)
        : graceNode({ kind: "alive", heardMs: nowMs }, nowMs, limits);
      this.mesh.nodes.set(record.nodeId, newNodeState(record, life));
    }
    for (const { nodeId, ratios } of loaded.paces)
      this.mesh.nodes.get(nodeId)?.pace.ratios.push(...ratios);
    setSpeeds([...this.mesh.nodes.values()]);
    for (const loadedRun of loaded.openRuns) this.#adoptRun(loadedRun);
  }

  #adoptRun(loaded: LoadedRun): void {
    const run = loadRun(this.#options, loaded, { isShown: false });
    this.mesh.runs.set(run.id, run);
    recallEstimates(this.mesh, this.#options.store, run.tests);
    for (const lease of run.tests.flatMap((test) => test.leases)) {
      const node = this.mesh.nodes.get(lease.nodeId);
      restoreLocks(this.mesh, run, lease);
      if (isActive(lease)) {
        holdLease(this.mesh, run, lease);
        if (lease.attempt !== undefined) lease.offer = "accepted";
      } else if (node?.life.kind === "gone" && isStruck(lease)) {
        node.struck = [...node.struck, lease]; // taken back when it was only cut off (C4)
      }
    }
    this.#openRun(run);
  }

  /** Ended runs leave memory; a late event or a reader brings one back, until what is folded into it is committed. */
  #recallRun(runId: RunId): RunState | undefined {
    const known = this.#recalled.get(runId);
    if (known !== undefined) return known;
    const loaded = this.#options.store.loadRun(runId);
    if (loaded === undefined) return undefined;
    const run = loadRun(this.#options, loaded, { isShown: false });
    this.#recalled.set(runId, run);
    this.#journal.turn.afterCommit(() => this.#recalled.clear());
    return run;
  }

  #tick(): void {
    if (this.#isStopped) return;
    const { clock, bus, limits, bootId } = this.#options;
    const nowMs = clock.monotonicMs();
    const judged = judgeTick(
      this.#hearing,
      { nowMs, tickMs: TICK_MS, isConnected: bus.isConnected() },
      limits,
    );
    this.#hearing = judged.hearing;
    if (judged.isGrace) this.#giveGrace();
    bus.publish(gatewayProbeSubject(bootId), new Uint8Array());
    this.#journal.act(() => this.#decideTick(nowMs));
    this.#timer = clock.after(TICK_MS, () => this.#tick());
  }

  #decideTick(nowMs: number): void {
    const { mesh } = this;
    if (this.#journal.failure() !== undefined) return;
    if (this.isHearing()) watchLives(mesh);
    tickSchedule(mesh, nowMs);
    if (nowMs - this.#repeatedMs < 1_000) return;
    this.#repeatedMs = nowMs;
    repeatUnanswered(mesh);
    learnSpeeds(mesh);
  }

  #onProbe(): void {
    const judged = hearProbe(this.#hearing);
    this.#hearing = judged.hearing;
    if (judged.isGrace) this.#giveGrace();
  }

  #onReconnect(): void {
    this.#giveGrace();
    sayGatewayUp(this.mesh);
  }

  #giveGrace(): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (const node of this.mesh.nodes.values())
      setLife(this.mesh, node, graceNode(node.life, nowMs, this.#options.limits));
  }
}
