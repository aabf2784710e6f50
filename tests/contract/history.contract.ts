/** What every store of the gateway's truth promises of histories; run over each of them by gateway-store.test.ts. */
import { describe, expect, test } from "vitest";
import { outcomesIn } from "#gateway/history/outcomes.ts";
import type { Change } from "#gateway/mesh/change.ts";
import type { HistoryOutcome } from "#proto/history.ts";
import { NodeId, TestKey } from "#proto/ids.ts";
import { type StoreUnderTest, views } from "./gateway-store.contract.ts";

const key = TestKey.parse("suite › test");
const http = { key, platform: "http" } as const;
const web = { key, platform: "web" } as const;

const outcomeOf = (index: number): HistoryOutcome => ({
  status: index % 3 === 0 ? "failed" : "passed",
  durationMs: index + 0.5,
  wallMs: 1_700_000_000_000 + index,
  node: "0123456789",
});

const noted = (index: number, name: typeof http | typeof web = http): Change => ({
  kind: "outcome_noted",
  ...name,
  outcome: outcomeOf(index),
});

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
