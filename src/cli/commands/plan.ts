/**
 * `panoptic plan`: what a run of suites would take, on a gateway's mesh or on a stated fleet. Makes no run. What is
 * expected of it is played by gateway/planning/forecast.ts; this file has the suites, the fleet and the words.
 */
import { SubmitRun } from "#proto/api.ts";
import type { FleetPart, RunForecast } from "#proto/plan.ts";
import { RunForecast as RunForecastSchema } from "#proto/plan.ts";
import { MeshError } from "#shared/errors.ts";
import { createApiClient, SubmitRefused } from "../api-client.ts";
import type { Context } from "../context.ts";
import { type Endpoint, findEndpoint } from "../endpoint.ts";
import { EXIT_REFUSED } from "../exit-code.ts";
import { forecastLines } from "../run/forecast-lines.ts";
import { loadSuites } from "../run/load-suites.ts";
import { type RunCommandOptions, toRunOptions } from "../run/run-options.ts";

export type PlanOptions = RunCommandOptions & {
  readonly fleet?: readonly FleetPart[];
  readonly history?: string;
};

/** Prints order, makespan and lower bound; 2 when a test could not run, or nothing would. */
export async function planSuites(
  words: readonly string[],
  options: PlanOptions,
  context: Context,
): Promise<number> {
  const { config, terminal } = context;
  const endpoint = findEndpoint(options, config);
  const fleet = fleetOf(options);
  if (endpoint !== undefined && options.history !== undefined)
    throw new MeshError(
      "usage",
      "Cannot use --history with a gateway: it has histories of its own",
    );
  const body = readBody(words, options, context);
  if (body === undefined) return EXIT_REFUSED;
  const forecast =
    endpoint === undefined
      ? await planHere(body, { fleet, history: options.history }, context)
      : await planThere(body, { fleet, endpoint }, context);
  if (forecast === undefined) return EXIT_REFUSED;
  if (options.json) terminal.say(JSON.stringify(forecast));
  else for (const line of forecastLines(forecast)) terminal.say(line);
  return forecast.tests.every(({ node }) => node !== undefined) ? 0 : EXIT_REFUSED;
}

/** @throws {MeshError} `usage` when the fleet is stated in two ways. */
function fleetOf({ fleet, nodes, slots }: PlanOptions): readonly FleetPart[] | undefined {
  if (fleet !== undefined) {
    if (nodes === undefined && slots === undefined) return fleet;
    throw new MeshError("usage", "Cannot use --fleet together with --nodes or --slots");
  }
  if (nodes === undefined && slots === undefined) return undefined;
  if (nodes === undefined || slots === undefined)
    throw new MeshError("usage", "Cannot use --nodes and --slots but together: a fleet has both");
  return [{ nodes, slots }];
}

function readBody(
  words: readonly string[],
  options: PlanOptions,
  { config, terminal }: Context,
): SubmitRun | undefined {
  const { retries, testTimeout, skipUnsupported } = options;
  const { callerDir } = config;
  const loaded = loadSuites(words, {
    callerDir,
    isStrict: true,
    retries,
    testTimeout,
    skipUnsupported,
  });
  for (const line of loaded.faults) terminal.warn(line);
  if (loaded.faults.length > 0) return undefined;
  return SubmitRun.parse({ ...loaded.body, options: toRunOptions(options, config.ci.buildId) });
}

type Here = {
  readonly fleet: readonly FleetPart[] | undefined;
  readonly history: string | undefined;
};

/** Without a gateway: on stated nodes, by default those that `run` would start here. */
async function planHere(
  body: SubmitRun,
  { fleet, history }: Here,
  context: Context,
): Promise<RunForecast | undefined> {
  const { forecastHere } = await import("../run/forecast-here.ts");
  const outcome = forecastHere(body, { fleet, history, callerDir: context.config.callerDir });
  if (outcome.kind === "planned") return outcome.forecast;
  refuse(context, outcome.reason, outcome.faults);
  return undefined;
}

type There = { readonly fleet: readonly FleetPart[] | undefined; readonly endpoint: Endpoint };

async function planThere(
  run: SubmitRun,
  { fleet, endpoint }: There,
  context: Context,
): Promise<RunForecast | undefined> {
  const body = { run, ...(fleet === undefined ? {} : { fleet }) };
  try {
    return await createApiClient(endpoint).ask(RunForecastSchema, "/v1/plan", {
      method: "POST",
      body,
      signal: AbortSignal.timeout(PLAN_MS_MAX),
    });
  } catch (thrown) {
    if (!(thrown instanceof SubmitRefused)) throw thrown;
    refuse(context, thrown.message, thrown.faults);
    return undefined;
  }
}

const PLAN_MS_MAX = 300_000;

function refuse({ terminal }: Context, reason: string, faults: readonly string[]): void {
  for (const fault of faults) terminal.warn(fault);
  terminal.warn(`panoptic: ${reason}`);
}
