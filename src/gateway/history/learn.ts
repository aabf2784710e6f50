/** What outcomes teach, in the turn that counts them: the test's history, and how fast the node is. */
import type { Mesh, NodeState } from "#gateway/mesh/mesh.ts";
import { isCounted, type LeaseState, type TestState } from "#gateway/mesh/run-state.ts";
import { nodeMark } from "./outcomes.ts";
import { notePass, speedsOf } from "./pace.ts";

/** So many ratios of a node may be forgotten by a crash. */
const UNSAVED_MAX = 25;

/** The name of a test's history: that of the test, unless it is one of several of the same (a repetition, a node). */
export function historyNameOf({ key, historyKey, platform }: TestState["definition"]) {
  return { key: historyKey ?? key, platform };
}

/** Notes the outcome of an attempt that ended, if it counts; saved in the same commit as the outcome itself. */
export function noteOutcome(mesh: Mesh, test: TestState, lease: LeaseState): void {
  const end = lease.attempt?.end;
  if (end === undefined || !isCounted(lease) || !hasExecuted(lease)) return;
  const { status, durationMs } = end;
  if (status !== "passed" && status !== "failed") return;
  const outcome = { status, durationMs, wallMs: mesh.clock.wallMs(), node: nodeMark(lease.nodeId) };
  mesh.turn.save({ kind: "outcome_noted", ...historyNameOf(test.definition), outcome });
  const node = mesh.nodes.get(lease.nodeId);
  if (status === "passed" && node !== undefined)
    notePass(node.pace, durationMs, test.estimate?.expectedMs);
}

/** An attempt of which every step was skipped tells nothing. */
function hasExecuted(lease: LeaseState): boolean {
  for (const step of lease.attempt?.steps.values() ?? [])
    if (step.status !== "skipped") return true;
  return false;
}

/** Works out the speeds of all nodes anew when there is something new, and saves now and then what they are made from. */
export function learnSpeeds(mesh: Mesh): void {
  const nodes = [...mesh.nodes.values()];
  if (nodes.some(({ pace }) => pace.fresh > 0)) setSpeeds(nodes);
  for (const { record, pace, active } of nodes) {
    if (pace.unsaved === 0 || (pace.unsaved < UNSAVED_MAX && active.size > 0)) continue;
    pace.unsaved = 0;
    mesh.turn.save({ kind: "node_paced", nodeId: record.nodeId, ratios: [...pace.ratios] });
  }
}

/** The typical node is one that lives: those that are gone are measured by it. */
export function setSpeeds(nodes: readonly NodeState[]): void {
  const living = nodes.filter(({ life }) => life.kind !== "gone");
  for (const [index, speed] of speedsOf(living.map(({ pace }) => pace)).entries()) {
    const node = living[index];
    if (node !== undefined) node.speed = speed;
  }
  for (const { pace } of nodes) pace.fresh = 0;
}
