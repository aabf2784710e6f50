/**
 * Many nodes on one gateway: real processes of the gateway and of nats-server, and real nodes, several a process. Runs
 * the smaller and the larger count of tests on the same fleet, and shows what a test costs in each.
 */
import { parseArgs } from "node:util";
import { pause, systemClock } from "#shared/clock.ts";
import { figure } from "./figures.ts";
import { type FleetMesh, startFleet } from "./fleet/fleet-mesh.ts";
import { type RunCost, runOnFleet } from "./fleet/fleet-run.ts";
import { cpuMsOf } from "./fleet/process-cost.ts";

const GOAL_RATIO = 1.3;
const WARM_TESTS = 1_000;
const IDLE_MS = 5_000;

/**
 * Prints the figures.
 *
 * @param words `--nodes 1000 --per-process 100 --slots 1 --tests 10000,100000 --kill 0 --restart`.
 */
export async function fleet(words: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...words],
    options: {
      nodes: { type: "string", default: "1000" },
      "per-process": { type: "string", default: "100" },
      slots: { type: "string", default: "1" },
      tests: { type: "string", default: "10000,100000" },
      kill: { type: "string", default: "0" },
      restart: { type: "boolean", default: false },
    },
  });
  const shape = {
    nodes: Number(values.nodes),
    nodesPerProcess: Number(values["per-process"]),
    slots: Number(values.slots),
  };
  await using mesh = await startFleet(shape);
  console.log(`  ${shape.nodes} nodes joined within ${figure(mesh.joinedMs / 1_000)} s`);
  await sayIdle(mesh);
  await runOnFleet(mesh, { tests: WARM_TESTS, kill: 0 });
  const counts = values.tests.split(",").map(Number);
  const costs: RunCost[] = [];
  for (const [index, tests] of counts.entries()) {
    const kill = index === counts.length - 1 ? Number(values.kill) : 0;
    const cost = await runOnFleet(mesh, { tests, kill });
    costs.push(cost);
    sayCost(cost);
  }
  sayRatio(costs);
  if (values.restart)
    console.log(
      `  gateway killed and started: all nodes alive ${figure((await mesh.restartGateway()) / 1_000)} s after its ready line`,
    );
  console.log(
    "  Not measured: other machines and their wire, browsers, artifacts. All processes share this machine.",
  );
}

/** What heartbeats cost, since they are in every other figure, too. */
async function sayIdle(mesh: FleetMesh): Promise<void> {
  const { gateway, nodes } = mesh.pids();
  const read = () => [cpuMsOf(gateway), nodes.map(cpuMsOf).reduce((a, b) => a + b, 0)] as const;
  const before = read();
  await pause(systemClock, IDLE_MS);
  const after = read();
  const perSecond = (at: 0 | 1) => figure(((after[at] - before[at]) / IDLE_MS) * 1_000);
  console.log(`  idle: gateway ${perSecond(0)}, all nodes ${perSecond(1)} CPU-ms a second`);
}

function sayCost(cost: RunCost): void {
  const { tests, wallMs, rssBytes } = cost;
  const each = (ms: number) => figure(ms / tests);
  const mib = (bytes: number) => figure(bytes / 1024 ** 2);
  console.log(
    [
      `  ${tests} tests: ledger exact, ${figure(wallMs / 1_000)} s, ${figure((tests / wallMs) * 1_000)} tests/s, ${cost.busyNodes} nodes busy`,
      `    CPU-ms a test: gateway ${each(cost.gatewayMs)}, nats-server ${each(cost.natsMs)}, nodes ${each(cost.nodesMs)}`,
      `    gateway RSS: ${mib(rssBytes.before)} before, ${mib(rssBytes.peak)} peak, ${mib(rssBytes.after)} MiB after`,
      ...(cost.killedNodes === 0
        ? []
        : [
            `    ${cost.killedNodes} nodes killed at a third: all passed, ${cost.lostAttempts} lost attempts run again`,
          ]),
    ].join("\n"),
  );
}

function sayRatio(costs: readonly RunCost[]): void {
  const [small, large] = [costs[0], costs.at(-1)];
  if (small === undefined || large === undefined || small === large) return;
  const ratio = (of: (cost: RunCost) => number) =>
    figure(of(large) / large.tests / (of(small) / small.tests));
  console.log(
    `  cost a test, ${large.tests} beside ${small.tests}: gateway ${ratio((cost) => cost.gatewayMs)}, all processes ${ratio(wholeMs)}, wall ${ratio((cost) => cost.wallMs)} (goal: at most ${GOAL_RATIO})`,
  );
}

const wholeMs = (cost: RunCost): number => cost.gatewayMs + cost.natsMs + cost.nodesMs;
