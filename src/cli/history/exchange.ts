/** Histories and quarantine lists between files and a gateway, in pages. */
import { z } from "zod";
import {
  HISTORY_PAGE_MAX,
  HistoryExport,
  HistoryPage,
  type HistorySummary,
  type TestHistory,
} from "#proto/history.ts";
import { type QuarantineEntry, QuarantineList } from "#proto/quarantine.ts";
import type { ApiClient } from "../api-client.ts";

type Asking = Pick<ApiClient, "ask">;

/** All histories that the gateway has, or those of one run's tests. */
export async function fetchHistories(client: Asking, runId?: string): Promise<TestHistory[]> {
  const of = runId === undefined ? "" : `&run=${encodeURIComponent(runId)}`;
  const tests: TestHistory[] = [];
  let after = "";
  for (;;) {
    const page = await client.ask(
      HistoryExport,
      `/v1/history/export?limit=${HISTORY_PAGE_MAX}${of}${after}`,
    );
    tests.push(...page.tests);
    if (page.next === undefined) return tests;
    after = `&after=${encodeURIComponent(page.next)}`;
  }
}

/** What the histories of all tests add up to. */
export async function fetchSummaries(client: Asking): Promise<HistorySummary[]> {
  const tests: HistorySummary[] = [];
  let after = "";
  for (;;) {
    const page = await client.ask(HistoryPage, `/v1/history?limit=${HISTORY_PAGE_MAX}${after}`);
    tests.push(...page.tests);
    if (page.next === undefined) return tests;
    after = `&after=${encodeURIComponent(page.next)}`;
  }
}

/** Merges histories into those of the gateway. */
export async function sendHistories(client: Asking, tests: readonly TestHistory[]): Promise<void> {
  for (let start = 0; start < tests.length; start += HISTORY_PAGE_MAX) {
    const page = tests.slice(start, start + HISTORY_PAGE_MAX);
    await client.ask(z.object({ tests: z.number() }), "/v1/history", {
      method: "POST",
      body: { format: "panoptic-history", version: 1, tests: page },
    });
  }
}

/** The quarantine list of the gateway. */
export async function fetchQuarantine(client: Asking): Promise<readonly QuarantineEntry[]> {
  return (await client.ask(QuarantineList, "/v1/quarantine")).entries;
}

/** Puts entries on the list. @throws {MeshError} `refused` when they are beyond its bounds. */
export async function sendQuarantine(
  client: Asking,
  entries: readonly QuarantineEntry[],
): Promise<readonly QuarantineEntry[]> {
  const request = { method: "PUT", body: { entries } } as const;
  return (await client.ask(QuarantineList, "/v1/quarantine", request)).entries;
}

/** Takes an entry off the list. @throws {MeshError} `not_found` */
export async function removeQuarantine(client: Asking, key: string): Promise<void> {
  await client.ask(QuarantineList, `/v1/quarantine?key=${encodeURIComponent(key)}`, {
    method: "DELETE",
  });
}
