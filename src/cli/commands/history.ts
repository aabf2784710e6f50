/** `panoptic history`: what a gateway knows of tests from their earlier runs, out of it and into it. */
import type { HistorySummary } from "#proto/history.ts";
import { MeshError } from "#shared/errors.ts";
import { createApiClient } from "../api-client.ts";
import type { Context } from "../context.ts";
import { type EndpointOptions, needEndpoint } from "../endpoint.ts";
import { fetchHistories, fetchSummaries, sendHistories } from "../history/exchange.ts";
import { historyText, readHistoryFile, writeHistoryFile } from "../history/history-file.ts";
import { fromCaller } from "../paths.ts";
import { durationText } from "../run/progress-text.ts";
import { tableText } from "../table.ts";

export type HistoryOptions = EndpointOptions & { readonly out?: string; readonly json?: boolean };

const SHOWN_MAX = 10;

/** `export` and `import` by their names; without one, the slowest and the flakiest tests. */
export async function history(
  words: { readonly action?: string | undefined; readonly file?: string | undefined },
  options: HistoryOptions,
  context: Context,
): Promise<number> {
  refuseIdleWords(words, options);
  if (words.action === "export") return exportHistory(options, context);
  if (words.action === "import") return importHistory(words.file ?? "", options, context);
  const tests = await fetchSummaries(createApiClient(needEndpoint(options, context.config)));
  context.terminal.say(options.json ? JSON.stringify(tests) : shownText(tests));
  return 0;
}

function refuseIdleWords(
  { action, file }: { readonly action?: string | undefined; readonly file?: string | undefined },
  { out }: HistoryOptions,
): void {
  if (action === "import" && file === undefined)
    throw new MeshError(
      "usage",
      "Cannot import a history: which file is missing (history import FILE)",
    );
  if (action !== "import" && file !== undefined)
    throw new MeshError(
      "usage",
      `Cannot use ${file}: only history import takes a file; export writes to --out FILE`,
    );
  if (action !== "export" && out !== undefined)
    throw new MeshError("usage", "Cannot use --out: only history export writes a file");
}

async function exportHistory(options: HistoryOptions, context: Context): Promise<number> {
  const { config, terminal } = context;
  const tests = await fetchHistories(createApiClient(needEndpoint(options, config)));
  if (options.out === undefined) {
    terminal.say(historyText(tests).trimEnd());
    return 0;
  }
  writeHistoryFile(fromCaller(config.callerDir, options.out), tests);
  terminal.say(
    options.json
      ? JSON.stringify({ tests: tests.length, file: options.out })
      : `histories of ${tests.length} test(s) are in ${options.out}`,
  );
  return 0;
}

async function importHistory(
  file: string,
  options: HistoryOptions,
  context: Context,
): Promise<number> {
  const { config, terminal } = context;
  const client = createApiClient(needEndpoint(options, config));
  const tests = readHistoryFile(fromCaller(config.callerDir, file));
  if (tests === undefined)
    throw new MeshError("usage", `Cannot read the history ${file}: there is no such file`);
  await sendHistories(client, tests);
  terminal.say(
    options.json
      ? JSON.stringify({ tests: tests.length })
      : `merged the histories of ${tests.length} test(s)`,
  );
  return 0;
}

function shownText(tests: readonly HistorySummary[]): string {
  if (tests.length === 0) return "no history yet";
  const slowest = tests
    .filter(({ expectedMs }) => expectedMs !== undefined)
    .toSorted((a, b) => (b.expectedMs ?? 0) - (a.expectedMs ?? 0));
  const flaky = tests
    .filter(({ flakiness }) => flakiness > 0)
    .toSorted((a, b) => b.flakiness - a.flakiness);
  return [
    `${tests.length} test(s)`,
    "",
    tableText([["SLOWEST", "", ""], ...slowest.slice(0, SHOWN_MAX).map(rowOf)]),
    "",
    flaky.length === 0
      ? "none is flaky"
      : tableText([["FLAKIEST", "", ""], ...flaky.slice(0, SHOWN_MAX).map(rowOf)]),
  ].join("\n");
}

function rowOf({ key, expectedMs, flakiness, passed, failed }: HistorySummary): string[] {
  const time = expectedMs === undefined ? "never passed" : durationText(expectedMs);
  const counts = `${passed} passed, ${failed} failed`;
  return [time.padStart(7), `${flakiness.toFixed(2)} (${counts})`, key];
}
