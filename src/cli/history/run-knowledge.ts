/** What a run brings to its gateway and takes from it: the file of histories, and the quarantine list of a mesh of its own. */
import { accessSync, constants } from "node:fs";
import { dirname } from "node:path";
import { refuseEntries } from "#gateway/quarantine/refuse-entries.ts";
import type { TestHistory } from "#proto/history.ts";
import type { QuarantineEntry } from "#proto/quarantine.ts";
import { MeshError, messageOf } from "#shared/errors.ts";
import { readQuarantineFile } from "#suite/quarantine-file.ts";
import { decodeSuite, type Fault, faultText } from "#suite/source.ts";
import type { ApiClient } from "../api-client.ts";
import { readRunBaselines } from "../baselines/run-baselines.ts";
import type { Context } from "../context.ts";
import { fromCaller } from "../paths.ts";
import { readSuiteBytes } from "../run/read-suite-file.ts";
import { fetchHistories, sendHistories, sendQuarantine } from "./exchange.ts";
import { mergeHistories, readHistoryFile, writeHistoryFile } from "./history-file.ts";

export type KnowledgeOptions = {
  /** A slice: all slices of a build are cut by one history, so it is only read; `merge` writes it. */
  readonly shard?: object;
  /** Read before the run when it is there, written after it. */
  readonly history?: string;
  /** Only for a mesh of the run's own: a gateway has its list. */
  readonly quarantine?: string;
  /** A folder of baselines, read before the run when it is there, written after it; only for a mesh of the run's own. */
  readonly baselines?: string;
};

export type RunKnowledge = {
  /** Before the submit. @throws {MeshError} What the gateway says. */
  readonly bring: (client: ApiClient) => Promise<void>;
  /** After the run, however it ended. A history that cannot be written is said, and changes no exit code. */
  readonly take: (client: ApiClient, runId: string) => Promise<void>;
};

/**
 * Reads the files that a run names, before anything else happens.
 *
 * @throws {MeshError} `usage` when one cannot be used: what is wrong is named, with its file.
 */
export function readKnowledge(
  options: KnowledgeOptions,
  context: Context,
  { hasGateway }: { readonly hasGateway: boolean },
): RunKnowledge {
  const { config, terminal } = context;
  if (options.quarantine !== undefined && hasGateway)
    throw new MeshError(
      "usage",
      "Cannot use --quarantine with a gateway: it has a list of its own (panoptic quarantine add); the flag is for a mesh of the run's own",
    );
  const entries = options.quarantine === undefined ? [] : readList(options.quarantine, context);
  const pictures = readRunBaselines(options.baselines, context, { hasGateway });
  const path = options.history && fromCaller(config.callerDir, options.history);
  const known = path === undefined ? [] : readOrEmpty(path);
  return {
    bring: async (client) => {
      if (entries.length > 0) await sendQuarantine(client, entries);
      await sendHistories(client, known);
      await pictures.bring(client);
    },
    take: async (client, runId) => {
      await pictures.take(client);
      if (path === undefined) return;
      if (options.shard !== undefined)
        return terminal.warn(
          "panoptic: A slice only reads its history: panoptic merge --history FILE adds what all slices took",
        );
      try {
        writeHistoryFile(path, mergeHistories(known, await fetchHistories(client, runId)));
      } catch (thrown) {
        terminal.warn(`panoptic: The history of the run is lost: ${messageOf(thrown)}`);
      }
    },
  };
}

/** No file is no history yet; its folder must be there, or the run would end with a surprise. */
function readOrEmpty(path: string): readonly TestHistory[] {
  try {
    accessSync(dirname(path), constants.W_OK);
  } catch (cause) {
    throw new MeshError("usage", `Cannot use the history ${path}: ${messageOf(cause)}`, { cause });
  }
  return readHistoryFile(path) ?? [];
}

function readList(file: string, { config, clock }: Context): readonly QuarantineEntry[] {
  const source = decodeSuite(file, readSuiteBytes(file, fromCaller(config.callerDir, file)));
  if ("severity" in source) throw refusedList(file, [source]);
  const { entries, faults } = readQuarantineFile(source);
  if (faults.length > 0) throw refusedList(file, faults);
  const bounds = { limits: config.limits, nowWallMs: clock.wallMs() };
  const refusals = refuseEntries(entries, new Set(), bounds);
  if (refusals.length === 0) return entries;
  throw new MeshError("usage", `Cannot use the quarantine list ${file}: ${refusals.join("; ")}`);
}

function refusedList(file: string, faults: readonly Fault[]): MeshError {
  const lines = faults.map(faultText).join("\n");
  return new MeshError("usage", `Cannot use the quarantine list ${file}:\n${lines}`);
}
