/** What every store of the gateway's truth promises of quotas, and of what people told of nodes. */
import { describe, expect, test } from "vitest";
import type { Change } from "#gateway/mesh/change.ts";
import { type StoreUnderTest, views } from "./gateway-store.contract.ts";

const set = (project: string, slots?: number): Change => ({ kind: "quota_set", project, slots });

export function quotasContract(name: string, open: () => StoreUnderTest): void {
  describe(`${name} quotas`, () => {
    test("keeps the newest of each project, and none of a project that has no bound any more", () => {
      const { store, reopen } = open();
      store.commit([set("a", 3), set("b", 5), set("c", 1)]);
      store.commit([set("a", 4), set("b"), set("never set")]);
      for (const current of views(store, reopen))
        expect(current.load().quotas).toEqual([
          { project: "a", slots: 4 },
          { project: "c", slots: 1 },
        ]);
    });
  });
}
