/** `panoptic rerun`: tests of a run that has ended run again on its gateway, which has kept all but their secrets. */
import type { RerunTests } from "#proto/rerun.ts";
import { environmentValues } from "#shared/config.ts";
import { MeshError } from "#shared/errors.ts";
import { type ApiClient, createApiClient } from "../api-client.ts";
import type { Context } from "../context.ts";
import { type EndpointOptions, needEndpoint } from "../endpoint.ts";
import { fromCaller } from "../paths.ts";
import { checkOutFolder } from "../report/out-folder.ts";
import { conductRun } from "../run/conduct-run.ts";
import { listenForInterrupt } from "../run/interrupt.ts";
import { type LaunchOptions, toRerunOptions, verbosityOf } from "../run/run-options.ts";
import { standardStream } from "../terminal.ts";

export type RerunOptions = EndpointOptions &
  LaunchOptions & { readonly out: string; readonly failed?: boolean };

/** Follows the new run to its report; returns its exit code. */
export async function rerun(id: string, options: RerunOptions, context: Context): Promise<number> {
  const { config } = context;
  const out = fromCaller(config.callerDir, options.out);
  checkOutFolder(out);
  const interrupt = listenForInterrupt(context);
  const client = createApiClient(needEndpoint(options, config));
  const tests: RerunTests = options.failed === true ? "failed" : "all";
  const secrets = await readSecrets(client, { id, tests, options });
  const body = { tests, secrets, options: toRerunOptions(options) };
  return conductRun({
    client,
    submit: (key) => client.rerun(id, body, key),
    out,
    stream: standardStream(options.json ? 2 : 1),
    verbosity: verbosityOf(options),
    isJson: options.json === true,
    told: new Set(),
    context,
    interrupt,
  });
}

type Asked = {
  readonly id: string;
  readonly tests: RerunTests;
  readonly options: RerunOptions;
};

/** @throws {MeshError} `nothing_to_run`, or `usage` when the environment has not all of the secrets. */
async function readSecrets(
  client: ApiClient,
  { id, tests, options }: Asked,
): Promise<Record<string, string>> {
  const { count, secrets: names } = await client.rerunOutlook(id, tests);
  if (count === 0 && options.allowEmpty !== true) {
    const which =
      tests === "failed" ? "no test failed, was lost or was left out" : "it has no tests";
    throw new MeshError(
      "nothing_to_run",
      `Nothing to run again of ${id}: ${which}; --allow-empty accepts that`,
    );
  }
  const values = environmentValues(names);
  const absent = names.filter((name) => (values[name] ?? "") === "");
  if (absent.length === 0) return values;
  throw new MeshError(
    "usage",
    `Cannot rerun ${id}: its secrets are gone with it, and the environment has no value of ${absent.join(", ")}`,
  );
}
