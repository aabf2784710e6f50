/**
 * `panoptic run`: hop 1 of a run. Reads and checks the suites, submits them to a gateway (a mesh of its own when none
 * is named), follows the run and writes its report. Decides no verdict: exit code and status are the report's.
 */

import { createApiClient } from "../api-client.ts";
import type { Context } from "../context.ts";
import { findEndpoint } from "../endpoint.ts";
import { EXIT_LEFT, EXIT_REFUSED } from "../exit-code.ts";
import { endAll } from "../mesh/doomed.ts";
import { fromCaller } from "../paths.ts";
import { checkOutFolder } from "../report/out-folder.ts";
import { conductRun } from "../run/conduct-run.ts";
import { loadSuites } from "../run/load-suites.ts";
import { type RunCommandOptions, refuseMeshFlags, toRunOptions } from "../run/run-options.ts";
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
  const out = fromCaller(config.callerDir, options.out);
  const endpoint = findEndpoint(options, config);
  if (endpoint !== undefined) refuseMeshFlags(options);
  checkOutFolder(out);
  const loaded = loadSuites(words, {
    callerDir: config.callerDir,
    skipUnsupported: options.skipUnsupported === true,
  });
  for (const warning of loaded.warnings) terminal.warn(warning);
  if (loaded.faults.length > 0) {
    for (const fault of loaded.faults) terminal.warn(fault);
    return EXIT_REFUSED;
  }
  const stream = standardStream(options.json ? 2 : 1);
  const conduct = (to: NonNullable<typeof endpoint>) =>
    conductRun({
      client: createApiClient(to),
      body: { ...loaded.body, options: toRunOptions(options) },
      out,
      stream,
      isJson: options.json === true,
      context,
      interrupt,
    });
  if (endpoint !== undefined) return conduct(endpoint);
  const { startEmbeddedMesh } = await import("../mesh/embedded-mesh.ts");
  await using mesh = await startEmbeddedMesh({
    nodeCount: options.nodes ?? NODES_DEFAULT,
    slots: options.slots,
    clock: context.clock,
    limits: config.limits,
    onTrouble: (text) => terminal.warn(`panoptic: ${text}`),
    onLog: () => undefined,
  });
  return await conduct(mesh.endpoint);
}

/** Aborted by the first Ctrl-C; a second one, and the death of whoever started us, end everything at once. */
function listenForInterrupt(context: Context): AbortSignal {
  const interrupt = new AbortController();
  context.stops.onWish((wish) => {
    if (wish.kind === "orphaned" || wish.count > 1) {
      endAll();
      process.exit(EXIT_LEFT);
    }
    interrupt.abort();
  });
  return interrupt.signal;
}
