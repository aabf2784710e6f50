/**
 * `panoptic run`: hop 1 of a run. Reads and checks the suites, submits them to a gateway (a mesh of its own when none
 * is named), follows the run and writes its report. Decides no verdict: exit code and status are the report's.
 */

import type { SubmitRun } from "#proto/api.ts";
import type { Report } from "#proto/report.ts";
import { keepFromChildren } from "#shared/config.ts";
import { createApiClient } from "../api-client.ts";
import { chooseTests, wantedSuites } from "../choice/choose-tests.ts";
import type { Context } from "../context.ts";
import { debuggedKeys, debugOptions, debugSuites } from "../debug/debug-suites.ts";
import { type Endpoint, findEndpoint } from "../endpoint.ts";
import { EXIT_REFUSED } from "../exit-code.ts";
import { readKnowledge } from "../history/run-knowledge.ts";
import { fromCaller } from "../paths.ts";
import { checkOutFolder } from "../report/out-folder.ts";
import { conductRun } from "../run/conduct-run.ts";
import { listenForInterrupt } from "../run/interrupt.ts";
import { startOwnMesh } from "../run/own-mesh.ts";
import { readRun, submitBody } from "../run/prepare-run.ts";
import {
  type RunCommandOptions,
  refuseDebugFlags,
  refuseMeshFlags,
  refuseWatchFlags,
  verbosityOf,
} from "../run/run-options.ts";
import { standardStream } from "../terminal.ts";

/** Runs suites to their report; returns the run's exit code. */
export async function run(
  words: readonly string[],
  options: RunCommandOptions,
  context: Context,
): Promise<number> {
  const call = openCall(words, options, context);
  if (options.watch === true) return watchSuites(call);
  const planned = await plan(call);
  if (planned === undefined) return EXIT_REFUSED;
  if (call.isDebug) return debug(call, planned);
  if (call.endpoint !== undefined) return conduct(call, call.endpoint, planned);
  await using mesh = await startOwnMesh(options, context);
  return await conduct(call, mesh.endpoint, planned);
}

/** What the parts of one call share. */
type Call = ReturnType<typeof openCall>;

/** Looks at everything that can be refused before a suite is read. */
function openCall(given: readonly string[], asked: RunCommandOptions, context: Context) {
  const { config } = context;
  const interrupt = listenForInterrupt(context);
  const isDebug = asked.debug !== undefined || asked.debugOnFailure === true;
  const { word } = asked.debug ?? {};
  const words = word === undefined ? given : [word, ...given];
  const options = isDebug ? debugOptions(asked) : asked;
  const endpoint = findEndpoint(options, config);
  if (isDebug) refuseDebugFlags(options, endpoint !== undefined);
  if (endpoint !== undefined) refuseMeshFlags(options);
  if (options.watch === true) refuseWatchFlags(options);
  if (options.out !== undefined) checkOutFolder(fromCaller(config.callerDir, options.out));
  const knowledge = readKnowledge(options, context, { hasGateway: endpoint !== undefined });
  const standard = standardStream(options.json ? 2 : 1);
  // Where an attempt is talked to, nothing is drawn over.
  const stream = isDebug ? { ...standard, isLive: false } : standard;
  const wanted = wantedSuites(words, options, context);
  const client = endpoint && createApiClient(endpoint);
  return { options, isDebug, context, interrupt, endpoint, knowledge, stream, wanted, client };
}

type Planned = {
  readonly body: SubmitRun;
  readonly out: string;
  readonly told: ReadonlySet<string>;
};

/** Reads the suites and chooses of them; says what is wrong with them and returns undefined when something is. */
async function plan(call: Call): Promise<Planned | undefined> {
  const { options, context, wanted, client, stream } = call;
  const { loaded, out, isFaulty } = read(call);
  if (isFaulty) return undefined;
  const choosing = { loaded, options, last: wanted.last, client };
  const { keys: chosen, lines } = await chooseTests(choosing, context);
  const keys = debuggedKeys(loaded, options, chosen);
  const body = submitBody(loaded, options, { keys, buildId: context.config.ci.buildId });
  checkOutFolder(out);
  stream.print(lines.map((line) => [line]));
  return { body, out, told: new Set(loaded.warnings) };
}

function read({ options, context, wanted, endpoint }: Call) {
  // Only nodes of the run's own are on this machine; elsewhere nobody knows yet.
  const isShown = endpoint === undefined ? hasWindows(context.config) : undefined;
  const run = readRun(wanted.words, { ...options, isShown }, context);
  // What an own mesh starts has no use for them in its environment: nodes get them with each offer.
  keepFromChildren(Object.keys(run.loaded.body.secrets ?? {}));
  return run;
}

type Conducting = Planned & {
  readonly onReport?: (report: Report) => void;
  readonly interrupt?: AbortSignal;
};

async function conduct(call: Call, to: Endpoint, of: Conducting): Promise<number> {
  const { options, context, interrupt, knowledge, stream } = call;
  const client = createApiClient(to);
  await knowledge.bring(client);
  return conductRun({
    client,
    submit: (key) => client.submit(of.body, key),
    onEnded: (runId) => knowledge.take(client, runId),
    onReport: of.onReport,
    out: of.out,
    stream,
    verbosity: verbosityOf(options),
    isJson: options.json === true,
    told: of.told,
    context,
    interrupt: of.interrupt ?? interrupt,
  });
}

async function debug(call: Call, planned: Planned): Promise<number> {
  const { options, context, stream, interrupt } = call;
  return debugSuites({
    options,
    context,
    stream,
    isHeadless: !hasWindows(context.config),
    conduct: (endpoint, quit) => {
      const ended = AbortSignal.any([interrupt, quit]);
      return conduct(call, endpoint, { ...planned, interrupt: ended });
    },
  });
}

async function watchSuites(call: Call): Promise<number> {
  const { options, context, interrupt, stream, wanted, client } = call;
  const { watch } = await import("../watch/watch.ts");
  const { createLastingMesh } = await import("../watch/lasting-mesh.ts");
  await using mesh = createLastingMesh(call.endpoint, () => startOwnMesh(options, context));
  return await watch({
    words: wanted.words,
    options,
    context,
    stream,
    interrupt,
    read: () => read(call),
    first: async (loaded) => {
      const choosing = { loaded, options, last: wanted.last, client };
      const { keys, lines } = await chooseTests(choosing, context);
      stream.print(lines.map((line) => [line]));
      return keys;
    },
    run: async ({ loaded, out }, { keys, ...asked }) => {
      const body = submitBody(loaded, options, { keys, buildId: context.config.ci.buildId });
      checkOutFolder(out);
      const told = new Set(loaded.warnings);
      return conduct(call, await mesh.endpoint(), { body, out, told, ...asked });
    },
  });
}

/** Whether this machine can show a window; only Linux names its display. */
const hasWindows = ({ hasDisplay }: Context["config"]): boolean =>
  hasDisplay || process.platform !== "linux";
