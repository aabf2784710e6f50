/** One run on the fleet: submitted, watched, its ledger checked test by test, and what it cost. */
import { randomUUID } from "node:crypto";
import type { RunSummary } from "#proto/api.ts";
import type { ReportTest } from "#proto/report.ts";
import { pause, systemClock } from "#shared/clock.ts";
import { MeshError } from "#shared/errors.ts";
import type { FleetMesh } from "./fleet-mesh.ts";
import { cpuMsOf, peakBytesOf, rssBytesOf } from "./process-cost.ts";

export type RunCost = {
  readonly tests: number;
  /** From the committed submit to the last verdict. */
  readonly wallMs: number;
  readonly gatewayMs: number;
  readonly natsMs: number;
  readonly nodesMs: number;
  readonly rssBytes: { readonly before: number; readonly peak: number; readonly after: number };
  /** Attempts that were lost, and run again. */
  readonly lostAttempts: number;
  readonly killedNodes: number;
  /** Nodes that ran at least one test. */
  readonly busyNodes: number;
};

export type RunWish = {
  readonly tests: number;
  /** How many nodes to kill when a third of the tests is finished. */
  readonly kill: number;
};

const TESTS_PER_SUITE = 10_000;
const POLL_MS = 500;
const RUN_MS_MAX = 3_600_000;
const PAGE = 1_000;

/** @throws {Error} When the ledger is not exact: a test is missing, doubled, or has another verdict than passed. */
export async function runOnFleet(mesh: FleetMesh, wish: RunWish): Promise<RunCost> {
  const pids = mesh.pids();
  const read = () => ({
    gatewayMs: cpuMsOf(pids.gateway),
    natsMs: cpuMsOf(pids.nats),
    // A killed process takes what it cost with it: its last reading stands for it.
    nodesMs: pids.nodes.map(cpuMsOf),
  });
  const rssBefore = rssBytesOf(pids.gateway);
  const before = read();
  const { id } = await mesh.client.submit(
    {
      suites: suitesOf(wish.tests),
      env: {},
      secrets: {},
      options: { tags: [], allowEmpty: false, skipUnsupported: false },
    },
    randomUUID(),
  );
  const watched = await untilEnded(mesh, id, { ...wish, read });
  const after = watched.last;
  const checked = await checkLedger(mesh, id, wish.tests);
  return {
    tests: wish.tests,
    wallMs: watched.wallMs,
    gatewayMs: after.gatewayMs - before.gatewayMs,
    natsMs: after.natsMs - before.natsMs,
    nodesMs: after.nodesMs.reduce((sum, ms, index) => sum + ms - (before.nodesMs[index] ?? 0), 0),
    rssBytes: {
      before: rssBefore,
      peak: peakBytesOf(pids.gateway),
      after: rssBytesOf(pids.gateway),
    },
    killedNodes: watched.killed,
    ...checked,
  };
}

type Reading = {
  readonly gatewayMs: number;
  readonly natsMs: number;
  readonly nodesMs: readonly number[];
};

type Watch = RunWish & { readonly read: () => Reading };

async function untilEnded(mesh: FleetMesh, id: string, watch: Watch) {
  const untilMs = systemClock.monotonicMs() + RUN_MS_MAX;
  let killed = 0;
  let last = watch.read();
  for (;;) {
    const run = await askPatiently(mesh, id);
    const now = watch.read();
    last = { ...now, nodesMs: now.nodesMs.map((ms, at) => Math.max(ms, last.nodesMs[at] ?? 0)) };
    if (run.state === "ended") return { wallMs: run.durationMs, killed, last };
    if (watch.kill > killed && run.finished >= watch.tests / 3) killed = mesh.kill(watch.kill);
    if (systemClock.monotonicMs() > untilMs)
      throw new Error(`Not ended in time: ${JSON.stringify(run)}`);
    await pause(systemClock, POLL_MS);
  }
}

/** On a busy machine a gateway that takes a hundred thousand tests in answers late: asked again, as `run` does. */
async function askPatiently({ client }: FleetMesh, id: string): Promise<RunSummary> {
  for (let time = 1; ; time += 1) {
    try {
      return await client.run(id);
    } catch (thrown) {
      if (!(thrown instanceof MeshError) || thrown.code !== "gateway_unreachable" || time >= 10)
        throw thrown;
    }
  }
}

/** Every planned test is there once, passed once, and by one counted attempt. */
async function checkLedger(mesh: FleetMesh, id: string, planned: number) {
  const keys = new Set<string>();
  const nodes = new Set<string>();
  let lostAttempts = 0;
  for await (const test of testsOf(mesh, id)) {
    const counted = test.attempts.filter((attempt) => attempt.counted);
    const isExact = test.verdict === "passed" && counted.length === 1 && !keys.has(test.key);
    if (!isExact) throw new Error(`The ledger is not exact: ${JSON.stringify(test)}`);
    keys.add(test.key);
    for (const { node } of counted) nodes.add(node);
    lostAttempts += test.attempts.filter(({ status }) => status === "lost").length;
  }
  if (keys.size !== planned) throw new Error(`The ledger has ${keys.size} of ${planned} tests`);
  return { lostAttempts, busyNodes: nodes.size };
}

async function* testsOf({ client }: FleetMesh, id: string): AsyncGenerator<ReportTest> {
  let after: number | undefined;
  do {
    const page = await client.tests(id, { limit: PAGE, after });
    yield* page.tests;
    after = page.next;
  } while (after !== undefined);
}

/** One template a suite, and its rows: each is a test of one step that waits for nothing. */
function suitesOf(tests: number) {
  return Array.from({ length: Math.ceil(tests / TESTS_PER_SUITE) }, (_, suite) => {
    const count = Math.min(TESTS_PER_SUITE, tests - suite * TESTS_PER_SUITE);
    const data = Array.from({ length: count }, (_row, id) => ({ id }));
    const test = { name: "nothing", data, steps: [{ wait: 0 }] };
    const text = JSON.stringify({
      name: `fleet ${suite}`,
      defaults: { platform: "http" },
      tests: [test],
    });
    return { file: `fleet-${suite}.json`, text, files: [] };
  });
}
