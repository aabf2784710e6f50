/**
 * Somebody who looks at runs at any moment, as the API lets them: what they are shown must be what the store would give
 * back after a crash in that moment (R1, E2).
 */

import { rebuildRun } from "#gateway/mesh/rebuild.ts";
import type { TestState } from "#gateway/mesh/run-state.ts";
import type { MemoryGatewayStore } from "#kit/memory-gateway-store.ts";
import type { RunId } from "#proto/ids.ts";
import { DEFAULT_LIMITS } from "#shared/limits.ts";
import type { SimContext } from "./context.ts";
import type { SimGateway } from "./sim-gateway.ts";

export type ReaderOptions = {
  readonly context: SimContext;
  readonly store: MemoryGatewayStore;
  readonly gateway: SimGateway;
};

const PAUSE_MS_MAX = 1_500;

export function createReader({ context, store, gateway }: ReaderOptions) {
  const random = context.random.fork("reader");
  const look = (runId: RunId): void => {
    const core = gateway.isFrozen() ? undefined : gateway.core();
    const shown = core?.shownRun(runId);
    // A look may be the moment in which it dies, or finds no room: then nobody was shown anything.
    if (core === undefined || gateway.core() !== core) return;
    const loaded = store.loadRun(runId);
    const committed =
      loaded &&
      rebuildRun(loaded, {
        secrets: {},
        nowMs: 0,
        budgets: DEFAULT_LIMITS,
        told: store.notices(runId, 0),
      });
    const text = JSON.stringify(committed?.tests.map(leasesOf));
    if (JSON.stringify(shown?.tests.map(leasesOf)) !== text)
      context.fail("shown", `Run ${runId} is shown with other leases than are committed: ${text}`);
    // A verdict that follows from nothing but the run itself may be shown a moment later.
    const early = shown?.tests.find(
      ({ index, decided }) =>
        decided !== undefined && decided.verdict !== committed?.tests[index]?.decided?.verdict,
    );
    if (early !== undefined)
      context.fail("shown", `Test ${early.index} of ${runId} is shown ${early.decided?.verdict}`);
    if (shown?.end !== undefined && shown.end.exitCode !== committed?.end?.exitCode)
      context.fail("shown", `Run ${runId} is shown ended with ${shown.end.exitCode}`);
  };
  /** A look takes as long as its run is large. */
  const pauseMsMax = PAUSE_MS_MAX * Math.max(1, context.plan.nodes.length / 20);
  const begin = (): void => {
    const { runId } = random.pick(context.plan.runs).run;
    look(runId);
    context.clock.after(random.int(1, pauseMsMax), begin);
  };
  return { begin };
}

/** What people would see of a test's attempts. */
const leasesOf = (test: TestState) =>
  test.leases.map(({ settlement, attempt }) => [
    settlement?.cause,
    settlement?.isRevoked,
    attempt?.steps.size,
    attempt?.end?.status,
  ]);
