/** What operators see at /metrics: Prometheus text, read from the books when asked. No test names as labels. */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { shownNodes } from "./fleet/life.ts";
import type { Mesh } from "./mesh/mesh.ts";
import { activeLease } from "./mesh/run-state.ts";
import { queuedCount } from "./scheduler/queue.ts";

export type GatewayMetrics = {
  readonly text: () => Promise<string>;
  readonly observeCommit: (changeCount: number, durationMs: number) => void;
  readonly countRun: (status: string) => void;
};

export function createMetrics(mesh: Mesh): GatewayMetrics {
  const registry = new Registry();
  const registers = [registry];
  const commits = new Histogram({
    name: "panoptic_commit_seconds",
    help: "Time of one group commit",
    buckets: [0.0005, 0.001, 0.005, 0.02, 0.1, 0.5, 2],
    registers,
  });
  const rows = new Counter({
    name: "panoptic_committed_changes_total",
    help: "Changes committed to the store",
    registers,
  });
  const ended = new Counter({
    name: "panoptic_runs_ended_total",
    help: "Runs that ended, by status",
    labelNames: ["status"],
    registers,
  });
  gauge("panoptic_tests_queued", "Tests that wait for a lease", () => queuedCount(mesh.queue));
  gauge("panoptic_attempts_running", "Attempts that run now", () => runningCount(mesh));
  gauge(
    "panoptic_runs_open",
    "Runs without an end",
    () => [...mesh.runs.values()].filter((run) => run.end === undefined).length,
  );
  new Gauge({
    name: "panoptic_nodes",
    help: "Nodes by state",
    labelNames: ["state"],
    registers,
    collect() {
      this.reset();
      for (const state of ["alive", "suspect", "gone"] as const) this.set({ state }, 0);
      for (const node of shownNodes(mesh)) this.inc({ state: node.life.kind });
    },
  });
  for (const [name, help] of COUNTERS)
    gauge(
      `panoptic_${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}_total`,
      help,
      () => mesh.counters[name],
    );

  function gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  }
  return {
    text: () => registry.metrics(),
    observeCommit: (changeCount, durationMs) => {
      commits.observe(durationMs / 1000);
      rows.inc(changeCount);
    },
    countRun: (status) => ended.inc({ status }),
  };
}

const COUNTERS = [
  ["rejectedEvents", "Events that could not be accepted (E5)"],
  ["repeatedEvents", "Events that came again and were dropped by their number (E2)"],
  ["unknownRunEvents", "Events of runs that this gateway does not know (E5)"],
  ["unreadableMessages", "Messages that their schema refused"],
  ["foreignMessages", "Messages of another mesh"],
  [
    "staleHeartbeats",
    "Heartbeats of another term or of an unknown node: it is asked for its hello",
  ],
  ["gapBatches", "Batches that begin past the next number, of which nothing was taken there (E2)"],
  ["refusedHellos", "Hellos that were refused by name"],
  ["settledLeases", "Leases settled by the gateway's decision"],
  ["issuedLeases", "Leases issued"],
] as const;

function runningCount(mesh: Mesh): number {
  let count = 0;
  for (const run of mesh.runs.values()) {
    if (run.end !== undefined) continue;
    for (const test of run.tests) if (activeLease(test)?.attempt !== undefined) count += 1;
  }
  return count;
}
