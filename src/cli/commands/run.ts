/**
 * `panoptic run`: hop 1 of a run. Reads and checks the suites, submits them to a gateway (a mesh of its own when none
 * is named), follows the run and writes its report. Decides no verdict: exit code and status are the report's.
 */

import type { SubmitRun } from "#proto/api.ts";
import { toTextPattern } from "#shared/pattern/text-pattern.ts";
import { selectTests } from "#suite/select-tests.ts";
import { createApiClient } from "../api-client.ts";
import { tellRefusal } from "../ci/tell-ci.ts";
import type { Context } from "../context.ts";
import { findEndpoint } from "../endpoint.ts";
import { EXIT_REFUSED } from "../exit-code.ts";
import { readKnowledge } from "../history/run-knowledge.ts";
import { fromCaller } from "../paths.ts";
import { checkOutFolder } from "../report/out-folder.ts";
import { chooseOut } from "../run/choose-out.ts";
import { conductRun } from "../run/conduct-run.ts";
import { listenForInterrupt } from "../run/interrupt.ts";
import { loadSuites } from "../run/load-suites.ts";
import {
  type RunCommandOptions,
  refuseMeshFlags,
  toRunOptions,
  verbosityOf,
} from "../run/run-options.ts";
import { leaveByFault } from "../serving.ts";
import { standardStream } from "../terminal.ts";

const NODES_DEFAULT = 2;

/** Runs suites to their report; returns the run's exit code. */
export async function run(
  words: readonly string[],
  options: RunCommandOptions,
  context: Context,
): Promise<number> {
  const { config, terminal } = context;
  const interrupt = listenForInterrupt(context);
  const endpoint = findEndpoint(options, config);
  if (endpoint !== undefined) refuseMeshFlags(options);
  if (options.out !== undefined) checkOutFolder(fromCaller(config.callerDir, options.out));
  const knowledge = readKnowledge(options, context, { hasGateway: endpoint !== undefined });
  // Only nodes of the run's own are on this machine; elsewhere nobody knows yet.
  const hasDisplay = endpoint === undefined ? hasWindows(config) : undefined;
  const loaded = loadBody(words, { ...options, hasDisplay }, context);
  if (loaded === undefined) return EXIT_REFUSED;
  const { body } = loaded;
  const out = fromCaller(config.callerDir, loaded.out);
  checkOutFolder(out);
  const stream = standardStream(options.json ? 2 : 1);
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
      told: loaded.told,
      context,
      interrupt,
    });
  };
  if (endpoint !== undefined) return conduct(endpoint);
  const { startEmbeddedMesh } = await import("../mesh/embedded-mesh.ts");
  await using mesh = await startEmbeddedMesh({
    nodeCount: options.nodes ?? NODES_DEFAULT,
    slots: options.slots,
    clock: context.clock,
    limits: config.limits,
    onTrouble: (text) => terminal.warn(`panoptic: ${text}`),
    searchPath: config.searchPath,
    onFault: (thrown) => leaveByFault(thrown, context),
    onLog: () => undefined,
  });
  return await conduct(mesh.endpoint);
}

/** Whether this machine can show a window; only Linux names its display. */
const hasWindows = ({ hasDisplay }: Context["config"]): boolean =>
  hasDisplay || process.platform !== "linux";

type Loaded = {
  readonly body: SubmitRun;
  readonly out: string;
  readonly told: ReadonlySet<string>;
};

/** Reads the suites; says what is wrong with them and returns undefined when something is. */
function loadBody(
  words: readonly string[],
  options: RunCommandOptions & { readonly hasDisplay: boolean | undefined },
  context: Context,
): Loaded | undefined {
  const { config, terminal } = context;
  const { retries, testTimeout, skipUnsupported, hasDisplay, tag: tags } = options;
  const loaded = loadSuites(words, {
    callerDir: config.callerDir,
    isStrict: true,
    retries,
    testTimeout,
    skipUnsupported,
    hasDisplay,
    otherFiles: [options.history, options.quarantine]
      .filter((file) => file !== undefined)
      .map((file) => fromCaller(config.callerDir, file)),
  });
  const out = chooseOut(loaded.outputs, options.out);
  for (const line of [...loaded.faults, ...loaded.warnings, ...out.warnings]) terminal.warn(line);
  if (loaded.faults.length > 0) {
    tellRefusal(loaded.places, context);
    return undefined;
  }
  const grep = options.grep === undefined ? undefined : toTextPattern(new RegExp(options.grep));
  if (selectTests(loaded.tests, { tags, grep }).length === 0 && options.allowEmpty !== true) {
    const all = loaded.tests.length;
    terminal.warn(
      `panoptic: Cannot run: none of the ${all} tests is selected; --allow-empty makes a run of nothing pass`,
    );
    return undefined;
  }
  return {
    body: { ...loaded.body, options: toRunOptions(options, config.ci.buildId) },
    out: out.folder,
    told: new Set(loaded.warnings),
  };
}
