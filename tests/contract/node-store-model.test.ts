/** Both node stores beside each other: whatever is asked, they do the same, and the file keeps it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createMemoryNodeStore } from "#kit/memory-node-store.ts";
import type { NodeStore } from "#node/store/node-store.ts";
import { openReplica } from "#node/store/replica.ts";
import { systemIds } from "#shared/ids.ts";
import { ALL, endedOf, leaseOf, rowOf, startedOf, stepOf } from "./node-store-rows.ts";

type Act = {
  readonly kind:
    | "accept"
    | "start"
    | "step"
    | "end"
    | "endAndStart"
    | "giveBack"
    | "confirm"
    | "renew";
  readonly of: number;
};
const acts: fc.Arbitrary<Act[]> = fc.array(
  fc.record({
    kind: fc.constantFrom(
      "accept",
      "start",
      "step",
      "end",
      "endAndStart",
      "giveBack",
      "confirm",
      "renew",
    ) as fc.Arbitrary<Act["kind"]>,
    of: fc.integer({ min: 0, max: 5 }),
  }),
  { maxLength: 40 },
);

function perform(store: NodeStore, { kind, of }: Act): unknown {
  const isRunning = store.lease(leaseOf(of))?.state === "running";
  switch (kind) {
    case "accept":
      return store.saveAccepted([rowOf(of)]);
    case "start":
      return store.start(leaseOf(of), startedOf(of));
    case "step":
      return (
        isRunning &&
        store.held().some(({ leaseId }) => leaseId === leaseOf(of)) &&
        store.append(stepOf(of))
      );
    case "end":
      return isRunning && store.append(endedOf(of));
    case "endAndStart": {
      const next = { leaseId: leaseOf(of + 1), event: startedOf(of + 1) };
      return isRunning && store.endAndStart(endedOf(of), next);
    }
    case "giveBack":
      return store.giveBack([leaseOf(of)]);
    case "confirm":
      return store.confirm(store.confirmed() + of);
    case "renew":
      return of % 2 === 0 ? store.renew() : store.renew(Math.min(3 * of, store.lastNumber()));
  }
}

test("both stores do the same, whatever is asked of them, and the file keeps it over a restart", () => {
  fc.assert(
    fc.property(acts, (asked) => {
      const folder = mkdtempSync(join(tmpdir(), "panoptic-store-"));
      const path = join(folder, "replica.db");
      const memory = createMemoryNodeStore();
      let replica = openReplica({ path, ids: systemIds });
      const seen = (store: NodeStore) => ({
        events: store.eventsAfter(0, ALL),
        leases: store.leases(),
        held: store.held(),
        numbers: [store.confirmed(), store.lastNumber()],
      });
      for (const act of asked) expect(perform(replica.store, act)).toEqual(perform(memory, act));
      expect(seen(replica.store)).toEqual(seen(memory));
      replica.close();
      replica = openReplica({ path, ids: systemIds });
      expect(seen(replica.store)).toEqual(seen(memory));
      replica.close();
      rmSync(folder, { recursive: true });
    }),
    { numRuns: 60 },
  );
});
