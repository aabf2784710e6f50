/** What can be asked of histories and brought to them: pages, exports, merges. HTTP turns requests into these calls. */
import type { GatewayCore } from "#gateway/core.ts";
import type { GatewayStore, HistoryName } from "#gateway/store/gateway-store.ts";
import type { HistoryExport, HistoryPage, HistorySummary, TestHistory } from "#proto/history.ts";
import { type RunId, TestKey } from "#proto/ids.ts";
import { Platform } from "#proto/test.ts";
import { estimateOf, type SpeedOf } from "./estimate.ts";
import { flakinessOf } from "./flakiness.ts";
import { historyNameOf } from "./learn.ts";
import { outcomesIn } from "./outcomes.ts";
import { speedsByMark } from "./recollect.ts";

export type HistoryPlace = {
  readonly limit: number;
  /** The `next` of the page before. */
  readonly after?: string | undefined;
};

export type HistoryService = {
  /** By key and platform; undefined when `after` is no place. */
  readonly page: (place: HistoryPlace) => HistoryPage | undefined;
  /** With `runId`: of that run's tests only; undefined when there is no such run or `after` is no place. */
  readonly exportPage: (
    place: HistoryPlace & { readonly runId?: RunId | undefined },
  ) => HistoryExport | undefined;
  /** Keeps the newest outcomes of both; resolves when all is committed. @throws {MeshError} When the store refuses for now. */
  readonly merge: (tests: readonly TestHistory[]) => Promise<void>;
};

/** Tests that are merged in one commit: some ten milliseconds. */
const MERGED_AT_ONCE = 250;

/** Makes the service over the books of one gateway. */
export function createHistoryService(core: GatewayCore, store: GatewayStore): HistoryService {
  const { mesh } = core;
  return {
    page: (place) => {
      const found = readPage(store, place);
      if (found === undefined) return undefined;
      const speedOf = speedsByMark(mesh);
      return { tests: found.tests.map((test) => summaryOf(test, speedOf)), ...found.next };
    },
    exportPage: ({ runId, ...place }) => {
      core.settle();
      const found =
        runId === undefined
          ? readPage(store, place)
          : readRunPage(core, store, { runId, ...place });
      if (found === undefined) return undefined;
      return { format: "panoptic-history", version: 1, tests: found.tests, ...found.next };
    },
    merge: async (tests) => {
      for (let start = 0; start < tests.length; start += MERGED_AT_ONCE) {
        const merged = tests.slice(start, start + MERGED_AT_ONCE);
        await core.decide(() => mesh.turn.save({ kind: "history_merged", tests: merged }));
      }
      await core.decide(() =>
        mesh.turn.save({ kind: "history_trimmed", keep: mesh.limits.historyTestsMax }),
      );
    },
  };
}

type Found = { readonly tests: TestHistory[]; readonly next: { readonly next?: string } };

function readPage(store: GatewayStore, { limit, after }: HistoryPlace): Found | undefined {
  const name = after === undefined ? undefined : nameIn(after);
  if (after !== undefined && name === undefined) return undefined;
  // One more than asked for tells whether there is a next page.
  const rows = store.historyPage({
    limit: limit + 1,
    ...(name === undefined ? {} : { after: name }),
  });
  return pageOf(rows, limit);
}

/** A run's tests in their order: its page is bounded by its ledger. */
function readRunPage(
  core: GatewayCore,
  store: GatewayStore,
  { runId, limit, after }: HistoryPlace & { readonly runId: RunId },
): Found | undefined {
  const run = core.shownRun(runId);
  if (run === undefined) return undefined;
  const names = new Map(
    run.tests.map(({ definition }) => {
      const name = historyNameOf(definition);
      return [placeOf(name), name] as const;
    }),
  );
  const places = [...names.keys()];
  const start = after === undefined ? 0 : places.indexOf(after) + 1;
  if (after !== undefined && start === 0) return undefined;
  const wanted = [...names.values()].slice(start, start + limit + 1);
  const texts = store.histories(wanted);
  const page = wanted.slice(0, limit);
  const last = page.at(-1);
  const tests = page.flatMap((name, index) => {
    const outcomes = outcomesIn(texts[index] ?? "");
    return outcomes.length === 0 ? [] : [{ ...name, outcomes }];
  });
  const hasMore = wanted.length > page.length && last !== undefined;
  return { tests, next: hasMore ? { next: placeOf(last) } : {} };
}

function pageOf(
  rows: readonly (HistoryName & { readonly outcomes: string })[],
  limit: number,
): Found {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    tests: page.map(({ key, platform, outcomes }) => ({
      key,
      platform,
      outcomes: outcomesIn(outcomes),
    })),
    next: rows.length > page.length && last !== undefined ? { next: placeOf(last) } : {},
  };
}

/** A history's place in pages: its platform, a blank, its key. */
const placeOf = ({ key, platform }: HistoryName): string => `${platform} ${key}`;

function nameIn(place: string): HistoryName | undefined {
  const blank = place.indexOf(" ");
  const platform = Platform.safeParse(place.slice(0, blank));
  const key = TestKey.safeParse(place.slice(blank + 1));
  return platform.success && key.success ? { key: key.data, platform: platform.data } : undefined;
}

function summaryOf({ key, platform, outcomes }: TestHistory, speedOf: SpeedOf): HistorySummary {
  const { expectedMs, hasFailedLast } = estimateOf(outcomes, speedOf) ?? { hasFailedLast: false };
  const passed = outcomes.filter(({ status }) => status === "passed").length;
  return {
    key,
    platform,
    passed,
    failed: outcomes.length - passed,
    ...(expectedMs === undefined ? {} : { expectedMs: Math.round(expectedMs * 10) / 10 }),
    flakiness: flakinessOf(outcomes),
    hasFailedLast,
    lastAt: new Date(Math.max(0, ...outcomes.map(({ wallMs }) => wallMs))).toISOString(),
  };
}
