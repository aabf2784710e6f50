/**
 * `panoptic run`: hop 1 of a run. Reads and checks the suites, submits them to a gateway (a mesh of its own when none
 * is named), follows the run and writes its report. Decides no verdict: exit code and status are the report's.
 */

import type { SubmitRun } from "#proto/api.ts";
import { createApiClient } from "../api-client.ts";
import { chooseTests, wantedSuites } from "../choice/choose-tests.ts";
import type { Context } from "../context.ts";
import { findEndpoint } from "../endpoint.ts";
import { EXIT_REFUSED } from "../exit-code.ts";
import { readKnowledge } from "../history/run-knowledge.ts";
import { fromCaller } from "../paths.ts";
import { checkOutFolder } from "../report/out-folder.ts";
import { conductRun } from "../run/conduct-run.ts";
import { listenForInterrupt } from "../run/interrupt.ts";
import { startOwnMesh } from "../run/own-mesh.ts";
import { readRun, submitBody } from "../run/prepare-run.ts";
import { type RunCommandOptions, refuseMeshFlags, verbosityOf } from "../run/run-options.ts";
import { standardStream } from "../terminal.ts";

/** Runs suites to their report; returns the run's exit code. */
export async function run(
  words: readonly string[],
  options: RunCommandOptions,
  context: Context,
): Promise<number> {
  const { config } = context;
  const interrupt = listenForInterrupt(context);
  const endpoint = findEndpoint(options, config);
  if (endpoint !== undefined) refuseMeshFlags(options);
  if (options.out !== undefined) checkOutFolder(fromCaller(config.callerDir, options.out));
  const knowledge = readKnowledge(options, context, { hasGateway: endpoint !== undefined });
  const planned = await plan(words, options, context);
  if (planned === undefined) return EXIT_REFUSED;
  const { body, out, told } = planned;
  const stream = standardStream(options.json ? 2 : 1);
  stream.print(planned.lines.map((line) => [line]));
  const conduct = async (to: NonNullable<typeof endpoint>) => {
    const client = createApiClient(to);
    await knowledge.bring(client);
    return conductRun({
      client,
      submit: (key) => client.submit(body, key),
      onEnded: (runId) => knowledge.take(client, runId),
      out,
      stream,
      verbosity: verbosityOf(options),
      isJson: options.json === true,
      told,
      context,
      interrupt,
    });
  };
  if (endpoint !== undefined) return conduct(endpoint);
  await using mesh = await startOwnMesh(options, context);
  return await conduct(mesh.endpoint);
}

type Planned = {
  readonly body: SubmitRun;
  readonly out: string;
  readonly told: ReadonlySet<string>;
  /** Which tests were chosen, and why. */
  readonly lines: readonly string[];
};

/** Reads the suites and chooses of them; says what is wrong with them and returns undefined when something is. */
async function plan(
  words: readonly string[],
  options: RunCommandOptions,
  context: Context,
): Promise<Planned | undefined> {
  const { config } = context;
  const endpoint = findEndpoint(options, config);
  const wanted = wantedSuites(words, options, context);
  // Only nodes of the run's own are on this machine; elsewhere nobody knows yet.
  const isShown = endpoint === undefined ? hasWindows(config) : undefined;
  const { loaded, out, isFaulty } = readRun(wanted.words, { ...options, isShown }, context);
  if (isFaulty) return undefined;
  const client = endpoint && createApiClient(endpoint);
  const { keys, lines } = await chooseTests(
    { loaded, options, last: wanted.last, client },
    context,
  );
  const body = submitBody(loaded, options, { keys, buildId: config.ci.buildId });
  checkOutFolder(out);
  return { body, out, told: new Set(loaded.warnings), lines };
}

/** Whether this machine can show a window; only Linux names its display. */
const hasWindows = ({ hasDisplay }: Context["config"]): boolean =>
  hasDisplay || process.platform !== "linux";
