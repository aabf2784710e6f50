/** `panoptic baselines`: the pictures that a gateway compares tests with, out of it, into it, off it. */
import { MeshError } from "#shared/errors.ts";
import { createApiClient } from "../api-client.ts";
import { readBaselineFolder } from "../baselines/baseline-folder.ts";
import {
  exportBaselines,
  fetchBaselines,
  removeBaselines,
  sendBaselines,
} from "../baselines/exchange.ts";
import type { Context } from "../context.ts";
import { type EndpointOptions, needEndpoint } from "../endpoint.ts";
import { fromCaller } from "../paths.ts";
import { tableText } from "../table.ts";

export type BaselinesOptions = EndpointOptions & {
  readonly json?: boolean;
  readonly browser?: string;
  readonly os?: string;
  readonly name?: string;
};

type Words = { readonly action?: string | undefined; readonly place?: string | undefined };

/** `list` (also without a word), `export DIR`, `import DIR`, `remove KEY`. */
export async function baselines(
  { action = "list", place }: Words,
  options: BaselinesOptions,
  context: Context,
): Promise<number> {
  refuseIdleWords({ action, place }, options);
  const { config, terminal, clock } = context;
  const client = createApiClient(needEndpoint(options, config));
  const say = (text: string, value: object) =>
    terminal.say(options.json ? JSON.stringify(value) : text);
  if (action === "list" || place === undefined) {
    const found = await fetchBaselines(client);
    const rows = found.map(({ key, name, browser, os, madeAt }) => [
      name,
      browser,
      os,
      madeAt,
      key,
    ]);
    terminal.say(
      options.json
        ? JSON.stringify(found)
        : tableText([["NAME", "BROWSER", "SYSTEM", "MADE", "TEST"], ...rows]),
    );
    return 0;
  }
  const dir = fromCaller(config.callerDir, place);
  if (action === "import") {
    const kept = readBaselineFolder(dir);
    if (kept.length === 0)
      throw new MeshError(
        "usage",
        `Cannot import ${place}: it has no baselines.json that names any`,
      );
    await sendBaselines(client, kept);
    say(`${kept.length} baseline(s) are on the gateway`, { baselines: kept.length });
    return 0;
  }
  if (action === "export") {
    const { written, missed } = await exportBaselines(client, { dir, clock, pendingMsMax: 0 });
    for (const text of missed) terminal.warn(`panoptic: Cannot export the baseline ${text}`);
    say(`${written} baseline(s) were written to ${place}`, { written, missed });
    return missed.length === 0 ? 0 : 3;
  }
  const { browser, os, name } = options;
  const which = { ...(browser && { browser }), ...(os && { os }), ...(name && { name }) };
  const count = await removeBaselines(client, { key: place, ...which });
  say(`${count} baseline(s) are gone`, { baselines: count });
  return 0;
}

function refuseIdleWords({ action, place }: Words, { browser, os, name }: BaselinesOptions): void {
  if (action === "list" && place !== undefined)
    throw new MeshError("usage", `Cannot use ${place}: baselines list takes no word`);
  if (action !== "list" && place === undefined) {
    const what =
      action === "remove"
        ? "a test's key is missing (baselines remove KEY)"
        : `a folder is missing (baselines ${action} DIR)`;
    throw new MeshError("usage", `Cannot ${action} baselines: ${what}`);
  }
  if (action !== "remove" && [browser, os, name].some((one) => one !== undefined))
    throw new MeshError(
      "usage",
      "Cannot use --browser, --os or --name: only baselines remove chooses by them",
    );
}
