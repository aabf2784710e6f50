/** A forecast without a gateway: suites, a stated fleet, and times out of a file of histories. */
import { availableParallelism } from "node:os";
import { type Estimate, estimateOf } from "#gateway/history/estimate.ts";
import { statedMesh } from "#gateway/plan.ts";
import { forecastRun } from "#gateway/planning/forecast.ts";
import { planRun } from "#gateway/planning/plan-run.ts";
import { stateFleet, withoutNeeds } from "#gateway/planning/stated-fleet.ts";
import { takeSlice } from "#gateway/planning/take-slice.ts";
import type { PlanOutcome } from "#gateway/service.ts";
import type { SubmitRun } from "#proto/api.ts";
import type { FleetPart } from "#proto/plan.ts";
import type { TestDefinition } from "#proto/test.ts";
import { readHistoryFile } from "../history/history-file.ts";
import { shareCores } from "../mesh/share-cores.ts";
import { fromCaller } from "../paths.ts";

export type HereOptions = {
  /** Absent: the nodes that `run` would start on this machine. */
  readonly fleet: readonly FleetPart[] | undefined;
  /** Absent: nothing is known of any test. */
  readonly history: string | undefined;
  readonly callerDir: string;
};

const NODES_DEFAULT = 2;

/** @throws {MeshError} `usage` when the file of histories cannot be read. */
export function forecastHere(body: SubmitRun, options: HereOptions): PlanOutcome {
  const nodes = stateFleet(options.fleet ?? ownFleet());
  const whole = planRun(body, statedMesh(nodes));
  if (whole.kind === "refused") return whole;
  const plan = takeSlice({ ...whole, estimates: whole.tests.map(estimator(options)) });
  const tests = plan.tests.map(withoutNeeds);
  return {
    kind: "planned",
    forecast: forecastRun({ plan: { ...plan, tests }, nodes, isStated: true }),
  };
}

function ownFleet(): readonly FleetPart[] {
  return shareCores(availableParallelism(), NODES_DEFAULT).map((slots) => ({ nodes: 1, slots }));
}

/** A file that is not there yet knows nothing: the first run of a CI system has none. */
function estimator({ history, callerDir }: HereOptions): (test: TestDefinition) => Estimate {
  const known =
    history === undefined ? [] : (readHistoryFile(fromCaller(callerDir, history)) ?? []);
  const byName = new Map(
    known.map(({ key, platform, outcomes }) => [`${platform} ${key}`, outcomes]),
  );
  return ({ key, historyKey, platform }) => {
    const outcomes = byName.get(`${platform} ${historyKey ?? key}`) ?? [];
    return estimateOf(outcomes, () => 1) ?? { hasFailedLast: false };
  };
}
