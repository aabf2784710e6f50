/** The gateway's core on a clock, a bus and a store that the test drives, with nodes played by hand. */
import { type GatewayCore, startCore } from "#gateway/core.ts";
import type { Change } from "#gateway/mesh/change.ts";
import type { Mesh } from "#gateway/mesh/mesh.ts";
import type { RunState } from "#gateway/mesh/run-state.ts";
import { reportModel } from "#gateway/reports/model.ts";
import { createHandNetwork } from "#kit/hand-bus.ts";
import { createHandClock } from "#kit/hand-clock.ts";
import { createMemoryGatewayStore } from "#kit/memory-gateway-store.ts";
import { RunNotice, RunOptions } from "#proto/api.ts";
import { BootId, MeshId, RunId } from "#proto/ids.ts";
import type { TestDefinition } from "#proto/test.ts";
import { DEFAULT_LIMITS, type Limits } from "#shared/limits.ts";
import type { LogFields } from "#shared/log.ts";
import { createHandNode, type HandNode, type HandNodeOptions } from "./hand-node.ts";
import { definitionOf } from "./make.ts";

export const meshId = MeshId.parse("mesh-1");

export type HandGateway = ReturnType<typeof createHandGateway>;

export function createHandGateway(options: { readonly limits?: Partial<Limits> } = {}) {
  const clock = createHandClock();
  const network = createHandNetwork({ clock });
  const store = createMemoryGatewayStore();
  const limits: Limits = { ...DEFAULT_LIMITS, ...options.limits };
  const notices: RunNotice[] = [];
  const faults: unknown[] = [];
  const warned: string[] = [];
  /** What was logged of nodes. */
  const logged: string[] = [];
  const note = (message: string, fields?: LogFields) =>
    void logged.push(`${message}${fields?.["name"] === undefined ? "" : `: ${fields["name"]}`}`);
  const disk = { failure: undefined as Error | undefined, commits: [] as (readonly Change[])[] };
  let bootCount = 0;
  let runCount = 0;

  const boot = () => {
    bootCount += 1;
    const own = clock.party();
    const party = network.join(`gateway-${bootCount}`, own);
    const core: GatewayCore = startCore({
      meshId,
      bootId: BootId.parse(`boot-gateway-${bootCount}`),
      bus: party.bus,
      clock: own,
      limits,
      listener: {
        onNotice: (_, __, notice) => void notices.push(RunNotice.parse(notice)),
        onStart: () => undefined,
        onRunEnded: () => undefined,
      },
      store: {
        ...store,
        commit: (changes) => {
          if (disk.failure !== undefined) throw disk.failure;
          store.commit(changes);
          disk.commits.push(structuredClone(changes));
        },
      },
      defer: (act) => void own.after(0, act),
      unseal: (sealed) => JSON.parse(sealed),
      onFault: (thrown) => void faults.push(thrown),
      warn: (kind) => void warned.push(kind),
      log: { debug: note, info: note, warn: note, error: note },
    });
    return { core, party, clock: own };
  };
  const gateway = { now: boot() };

  const submit = async (
    tests: number | readonly TestDefinition[],
    own: Partial<RunOptions> = {},
  ): Promise<RunState> => {
    runCount += 1;
    const definitions =
      typeof tests === "number"
        ? Array.from({ length: tests }, (_, index) => definitionOf(index))
        : tests;
    const created = gateway.now.core.createRun({
      runId: RunId.parse(`run-${runCount}`),
      definitions,
      options: RunOptions.parse(own),
      secrets: {},
      sealedSecrets: undefined,
      idempotencyKey: undefined,
      bodySha256: "0",
    });
    created.catch(() => undefined); // told to who awaits it below
    await clock.run(50);
    return created;
  };
  /** The run as it is in memory now, also after a restart or its end. */
  const runNow = (id: RunState["id"]): RunState => {
    const { mesh } = gateway.now.core;
    const run = mesh.runs.get(id) ?? mesh.recallRun(id);
    if (run === undefined) throw new Error(`There is no run ${id}`);
    return run;
  };
  return {
    clock,
    network,
    store,
    limits,
    notices,
    faults,
    warned,
    logged,
    disk,
    /** The core that runs now. */
    core: () => gateway.now.core,
    party: () => gateway.now.party,
    own: () => gateway.now.clock,
    mesh: () => gateway.now.core.mesh,
    submit,
    runNow,
    /** Runs a decision of a person and waits for its commit. */
    decide: async (act: (mesh: Mesh) => void): Promise<void> => {
      const { core } = gateway.now;
      const done = core.decide(() => act(core.mesh));
      await clock.run(50);
      await done;
    },
    join: async (name: string, own: HandNodeOptions = {}): Promise<HandNode> => {
      const node = createHandNode(
        { clock, network, meshId, heartbeatMs: limits.heartbeatMs },
        name,
        own,
      );
      await node.hello();
      return node;
    },
    /** A party that has not said hello. */
    arrive: (name: string, own: HandNodeOptions = {}): HandNode =>
      createHandNode({ clock, network, meshId, heartbeatMs: limits.heartbeatMs }, name, own),
    kill: () => {
      gateway.now.clock.kill();
      gateway.now.party.kill();
    },
    boot: () => {
      gateway.now = boot();
    },
    report: (id: RunState["id"]) =>
      reportModel({
        run: runNow(id),
        node: (nodeId) => gateway.now.core.mesh.nodes.get(nodeId)?.record,
        bytesOf: () => undefined,
        mayStillCome: () => false,
        nowWallMs: clock.wallMs(),
      }),
  };
}
