/** What a run on a mesh of its own brings to its gateway and takes from it: a folder of baselines. */
import { MeshError, messageOf } from "#shared/errors.ts";
import type { ApiClient } from "../api-client.ts";
import type { Context } from "../context.ts";
import { fromCaller } from "../paths.ts";
import { readBaselineFolder } from "./baseline-folder.ts";
import { exportBaselines, sendBaselines } from "./exchange.ts";

export type RunBaselines = {
  readonly bring: (client: ApiClient) => Promise<void>;
  /** Says what was made or changed, and what is lost; changes no exit code. */
  readonly take: (client: ApiClient) => Promise<void>;
};

/**
 * Reads the folder before anything else happens; one that is not there yet is made after the run.
 *
 * @throws {MeshError} `usage` when it cannot be used, or there is a gateway.
 */
export function readRunBaselines(
  folder: string | undefined,
  { config, clock, terminal }: Pick<Context, "config" | "clock" | "terminal">,
  { hasGateway }: { readonly hasGateway: boolean },
): RunBaselines {
  if (folder === undefined) return { bring: async () => undefined, take: async () => undefined };
  if (hasGateway)
    throw new MeshError(
      "usage",
      "Cannot use --baselines with a gateway: it keeps baselines of its own (panoptic baselines import); the flag is for a mesh of the run's own",
    );
  const dir = fromCaller(config.callerDir, folder);
  const kept = readBaselineFolder(dir);
  return {
    bring: (client) => sendBaselines(client, kept),
    take: async (client) => {
      const pendingMsMax = config.limits.artifactsAfterMs;
      try {
        const { written, missed } = await exportBaselines(client, { dir, clock, pendingMsMax });
        if (written > 0)
          terminal.warn(`panoptic: ${written} baseline(s) were made or changed in ${folder}`);
        for (const text of missed) terminal.warn(`panoptic: The baseline ${text} is lost`);
      } catch (thrown) {
        // The report of a run that is over is worth more than its pictures.
        terminal.warn(`panoptic: Baselines of the run are lost: ${messageOf(thrown)}`);
      }
    },
  };
}
