/** The part of the gateway's memory store that keeps histories and the quarantine list, as its libSQL store does. */
import {
  appendRecord,
  mergeOutcomes,
  outcomesIn,
  recordOf,
  textOf,
} from "#gateway/history/outcomes.ts";
import type {
  ChangeOf,
  GatewayStore,
  HistoryName,
  HistoryRow,
} from "#gateway/store/gateway-store.ts";

import type { QuarantineEntry } from "#proto/quarantine.ts";

type HistoryChange = ChangeOf<
  "outcome_noted" | "history_merged" | "history_trimmed" | "quarantine_put" | "quarantine_removed"
>;

export type MemoryHistories = Pick<GatewayStore, "histories" | "historyPage" | "quarantine"> & {
  readonly apply: (change: HistoryChange) => void;
};

const nameOf = ({ key, platform }: HistoryName) => `${platform} ${key}`;

/** Makes an empty one. */
export function createMemoryHistories(): MemoryHistories {
  const rows = new Map<string, HistoryRow>();
  const entries = new Map<string, QuarantineEntry>();
  const lastMs = (row: HistoryRow) => outcomesIn(row.outcomes)[0]?.wallMs ?? 0;
  const set = ({ key, platform }: HistoryName, outcomes: string) =>
    void rows.set(nameOf({ key, platform }), { key, platform, outcomes });
  const known = (name: HistoryName) => rows.get(nameOf(name))?.outcomes ?? "";
  return {
    apply: (change) => {
      if (change.kind === "outcome_noted")
        set(change, appendRecord(known(change), recordOf(change.outcome)));
      if (change.kind === "history_merged")
        for (const test of change.tests)
          set(test, textOf(mergeOutcomes(outcomesIn(known(test)), test.outcomes)));
      if (change.kind === "quarantine_put") entries.set(change.entry.key, change.entry);
      if (change.kind === "quarantine_removed") entries.delete(change.key);
      if (change.kind !== "history_trimmed") return;
      const oldestFirst = [...rows].sort(([, a], [, b]) => lastMs(a) - lastMs(b));
      for (const [name] of oldestFirst.slice(0, Math.max(0, rows.size - change.keep)))
        rows.delete(name);
    },
    histories: (names) => names.map(known),
    quarantine: () =>
      [...entries.values()].sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key))),
    historyPage: ({ limit, after }) => {
      const sorted = [...rows.values()].sort((a, b) => (isLater(a, b) ? 1 : -1));
      return sorted.filter((row) => after === undefined || isLater(row, after)).slice(0, limit);
    },
  };
}

/** By code points of the key, then the platform: SQLite compares the bytes of UTF-8. */
function isLater(a: HistoryName, b: HistoryName): boolean {
  const order = Buffer.compare(Buffer.from(a.key), Buffer.from(b.key));
  return order > 0 || (order === 0 && a.platform > b.platform);
}
