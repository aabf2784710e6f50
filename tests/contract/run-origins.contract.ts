/** What every store promises of where a run's tests come from; run over each of them by gateway-store.test.ts. */
import { describe, expect, test } from "vitest";
import { slicingName } from "#gateway/planning/slices.ts";
import { RunId } from "#proto/ids.ts";
import { runCreated, type StoreUnderTest } from "./gateway-store.contract.ts";

const run = RunId.parse("run-0001");
const other = RunId.parse("run-0002");

/** Holds `open` to the contract. */
export function runOriginsContract(name: string, open: () => StoreUnderTest): void {
  describe(`${name}, of origins`, () => {
    test("gives back where a run's tests come from, and the slices of a slicing until they are too old", () => {
      const { store, reopen } = open();
      const slices = [["a", "b"], ["c"]];
      const shard = { index: 1, count: 2, build: "b1", plan: "p", slices, files: { s: "s.yaml" } };
      const of = { count: 2, keys: ["c", "b", "a"] };
      store.commit([
        runCreated(run, { origin: { shard } }),
        runCreated(other, { createdWallMs: 1_800_000_000_000, origin: { rerunOf: run } }),
      ]);
      const again = reopen();
      expect(again.loadRun(run)?.created.origin).toEqual({ shard });
      expect(again.loadRun(other)?.created.origin).toEqual({ rerunOf: run });
      const name = slicingName({ ...of, build: "b1" });
      expect(again.slices(name, 1_700_000_000_000)).toEqual(slices);
      expect(again.slices(name, 1_700_000_000_001)).toBe(undefined);
      expect(again.slices(slicingName(of), 0)).toBe(undefined);
      expect(again.slices(slicingName({ ...of, build: "b1", count: 3 }), 0)).toBe(undefined);
      expect(again.slices(slicingName({ ...of, build: "b1", keys: ["a"] }), 0)).toBe(undefined);
    });
  });
}
