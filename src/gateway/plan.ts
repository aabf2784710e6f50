/** What a submit would take, asked of a gateway: planned as a submit is, played through, and forgotten. */
import type { PlanRun, RunForecast } from "#proto/plan.ts";
import { createRedactor } from "#shared/redactor.ts";
import { type ForecastInput, playForecast } from "./planning/forecast.ts";
import type { PlanningMesh } from "./planning/plan-run.ts";
import { refused } from "./planning/plan-run.ts";
import { type ForecastNode, openNodes, stateFleet, withoutNeeds } from "./planning/stated-fleet.ts";
import type { GatewayService } from "./service.ts";
import { planSubmit, type SubmitParts, withoutSecrets } from "./submit.ts";

/** Each of them keeps a core busy for a while. */
const AT_ONCE_MAX = 2;

/** Makes the answer about plans. */
export function createPlan(parts: Pick<SubmitParts, "core" | "store">): GatewayService["plan"] {
  let running = 0;
  return async (body) => {
    if (running >= AT_ONCE_MAX)
      return refused("conflict", `Cannot plan: ${running} plans are being made; ask again`);
    running += 1;
    try {
      return await planOne(parts, body);
    } finally {
      running -= 1;
    }
  };
}

async function planOne(
  parts: Pick<SubmitParts, "core" | "store">,
  { run, fleet }: PlanRun,
): ReturnType<GatewayService["plan"]> {
  const { mesh } = parts.core;
  const isStated = fleet !== undefined;
  const nodes = isStated ? stateFleet(fleet) : openNodes(mesh);
  const plan = await planSubmit(parts, run, isStated ? statedMesh(nodes) : undefined);
  if (plan.kind === "refused") return withoutSecrets(plan, run);
  const tests = isStated ? plan.tests.map(withoutNeeds) : plan.tests;
  const forecast = await play({
    plan: { ...plan, tests },
    nodes,
    quotas: isStated ? new Map() : mesh.quotas,
    isStated,
  });
  const { text } = createRedactor(run.secrets);
  return { kind: "planned", forecast: { ...forecast, warnings: forecast.warnings.map(text) } };
}

/** Each of its nodes can run every test. */
export function statedMesh(nodes: readonly ForecastNode[]): PlanningMesh {
  const names = nodes.map(({ record }) => record.name);
  return { nodesFor: () => names, whyNodeless: () => "The fleet has no nodes" };
}

/** Between its pieces whatever else waits has its turn. */
async function play(input: ForecastInput): Promise<RunForecast> {
  const playing = playForecast(input);
  for (;;) {
    const step = playing.next();
    if (step.done === true) return step.value;
    await new Promise<void>((resolve) => void setImmediate(resolve));
  }
}
