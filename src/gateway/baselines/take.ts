/** Makes the pictures of a passed attempt the baselines, in the turn that counts its outcome. */
import type { Mesh } from "#gateway/mesh/mesh.ts";
import { isCounted, type LeaseState, type RunState } from "#gateway/mesh/run-state.ts";
import { BaselineName } from "#proto/baseline.ts";
import { baselineNameOf, baselinePlace } from "./place.ts";

/** Only of a run that was told to, and of an attempt that counts. */
export function takeBaselines(mesh: Mesh, run: RunState, lease: LeaseState): void {
  const { attempt } = lease;
  if (run.options.updateBaselines !== true || !isCounted(lease)) return;
  const definition = run.tests[lease.testIndex]?.definition;
  const node = mesh.nodes.get(lease.nodeId);
  if (attempt?.end?.status !== "passed" || definition === undefined || node === undefined) return;
  const place = baselinePlace(definition, node.record);
  if (place === undefined) return;
  for (const { kind, name, sha256, missing, bytes } of attempt.artifacts) {
    const baseline = BaselineName.safeParse(baselineNameOf(name));
    if (kind !== "baseline" || sha256 === undefined || missing !== undefined) continue;
    if (!baseline.success) continue;
    const madeAt = new Date(mesh.clock.wallMs()).toISOString();
    mesh.turn.save({
      kind: "baseline_set",
      baseline: { ...place, name: baseline.data, sha256, bytes, runId: run.id, madeAt },
    });
  }
}
