/** What every store of the gateway's truth promises of histories; run over each of them by gateway-store.test.ts. */
import { describe, expect, test } from "vitest";
import { outcomesIn } from "#gateway/history/outcomes.ts";
import type { Change } from "#gateway/mesh/change.ts";
import type { GatewayStore, HistoryName, HistoryRow } from "#gateway/store/gateway-store.ts";
import type { HistoryOutcome } from "#proto/history.ts";
import { NodeId, TestKey } from "#proto/ids.ts";
import { runCreated, type StoreUnderTest, views } from "./gateway-store.contract.ts";

const key = TestKey.parse("suite › test");
const http = { key, platform: "http" } as const satisfies HistoryName;
const web = { key, platform: "web" } as const satisfies HistoryName;

const outcomeOf = (index: number): HistoryOutcome => ({
  status: index % 3 === 0 ? "failed" : "passed",
  durationMs: index + 0.5,
  wallMs: 1_700_000_000_000 + index,
  node: "0123456789",
});

const noted = (index: number, name: HistoryName = http): Change => ({
  kind: "outcome_noted",
  ...name,
  outcome: outcomeOf(index),
});

function pagesOf(store: GatewayStore, limit: number): HistoryRow[] {
  const rows: HistoryRow[] = [];
  for (;;) {
    const after = rows.at(-1);
    const page = store.historyPage({ limit, ...(after === undefined ? {} : { after }) });
    rows.push(...page);
    if (page.length < limit) return rows;
  }
}

/** Holds `open` to the contract. */
export function historyContract(name: string, open: () => StoreUnderTest): void {
  describe(`${name}, of histories`, () => {
    test("gives the last 20 outcomes of a test and a platform, newest first, in the order of the names", () => {
      const { store, reopen } = open();
      for (let index = 0; index < 25; index += 1) store.commit([noted(index)]);
      store.commit([noted(1, web), noted(2, web)]);
      const none = { key: TestKey.parse("other"), platform: "web" } as const;
      for (const current of views(store, reopen)) {
        const [ofWeb, ofNone, ofHttp] = current.histories([web, none, http]).map(outcomesIn);
        expect(ofWeb).toEqual([outcomeOf(2), outcomeOf(1)]);
        expect(ofNone).toEqual([]);
        const newest = Array.from({ length: 20 }, (_, index) => outcomeOf(24 - index));
        expect(ofHttp).toEqual(newest);
      }
    });

    test("merges histories from elsewhere with what is there, in the same turn too, and the same again changes nothing", () => {
      const { store, reopen } = open();
      const merged: Change = {
        kind: "history_merged",
        tests: [
          { ...http, outcomes: [outcomeOf(30), outcomeOf(1)] },
          { ...web, outcomes: [outcomeOf(4)] },
        ],
      };
      store.commit([noted(1), noted(2), merged]);
      for (const again of [0, 1]) {
        if (again === 1) store.commit([merged, merged]);
        const [ofHttp, ofWeb] = store.histories([http, web]).map(outcomesIn);
        expect(ofHttp).toEqual([outcomeOf(30), outcomeOf(2), outcomeOf(1)]);
        expect(ofWeb).toEqual([outcomeOf(4)]);
      }
      for (const current of views(store, reopen))
        expect(outcomesIn(current.histories([http])[0] ?? "")).toHaveLength(3);
    });

    test("gives pages by key and platform, each test once", () => {
      const { store, reopen } = open();
      const keys = ["b", "a", "ä", "Z", "\u{1F600}", "\uffee"].map((text) => TestKey.parse(text));
      for (const [index, one] of keys.entries())
        store.commit([noted(index, { ...http, key: one }), noted(index, { ...web, key: one })]);
      const sorted = ["Z", "a", "b", "ä", "\uffee", "\u{1F600}"];
      for (const current of views(store, reopen)) {
        const seen = pagesOf(current, 5).map((row) => `${row.key} ${row.platform}`);
        expect(seen).toEqual(sorted.flatMap((one) => [`${one} http`, `${one} web`]));
      }
    });

    test("forgets of too many tests those that ran longest ago", () => {
      const { store, reopen } = open();
      const keys = ["a", "b", "c"].map((text) => TestKey.parse(text));
      const order = [3, 1, 2];
      store.commit(keys.map((one, index) => noted(order[index] ?? 0, { ...http, key: one })));
      store.commit([{ kind: "history_trimmed", keep: 3 }]);
      expect(store.historyPage({ limit: 9 })).toHaveLength(3);
      store.commit([{ kind: "history_trimmed", keep: 2 }]);
      for (const current of views(store, reopen))
        expect(current.historyPage({ limit: 9 }).map((row) => row.key)).toEqual(["a", "c"]);
    });

    test("keeps the quarantine list by key, an entry in the place of one with its key", () => {
      const { store, reopen } = open();
      const entry = (name: string, reason: string): Change => ({
        kind: "quarantine_put",
        entry: { key: name, owner: "ann", reason, expiresAt: "2026-12-01T00:00:00.000Z" },
      });
      store.commit([entry("b", "1"), entry("a", "1"), entry("c", "1"), entry("b", "2")]);
      store.commit([{ kind: "quarantine_removed", key: "c" }]);
      for (const current of views(store, reopen))
        expect(current.quarantine().map(({ key: name, reason }) => [name, reason])).toEqual([
          ["a", "1"],
          ["b", "2"],
        ]);
    });

    test("gives back the list that held when a run was created", () => {
      const { store, reopen } = open();
      const quarantine = [
        { key: "a", owner: "ann", reason: "BUG", expiresAt: "2026-12-01T00:00:00.000Z" },
      ];
      const created = runCreated(undefined, { quarantine });
      store.commit([created]);
      for (const current of views(store, reopen))
        expect(current.loadRun(created.runId)?.created.quarantine).toEqual(quarantine);
    });

    test("keeps what a node's speed is made from as it was said last", () => {
      const { store, reopen } = open();
      const nodeId = NodeId.parse("node-1");
      store.commit([{ kind: "node_paced", nodeId, ratios: [1] }]);
      store.commit([{ kind: "node_paced", nodeId, ratios: [1, 0.5] }]);
      for (const current of views(store, reopen))
        expect(current.load().paces).toEqual([{ nodeId, ratios: [1, 0.5] }]);
    });
  });
}
