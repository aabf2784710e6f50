/** What every store of the gateway's truth promises of baselines. */
import { describe, expect, test } from "vitest";
import type { Change } from "#gateway/mesh/change.ts";
import { Sha256, TestKey } from "#proto/ids.ts";
import { type StoreUnderTest, views } from "./gateway-store.contract.ts";

const sha = (letter: string) => Sha256.parse(letter.repeat(64));
const at = (key: string, name: string, browser = "chromium") => ({
  ...{ key: TestKey.parse(key), browser, os: "linux", name },
});
const set = (mark: ReturnType<typeof at>, letter: string): Change => ({
  kind: "baseline_set",
  baseline: { ...mark, sha256: sha(letter), bytes: 5, madeAt: "2026-11-21T10:00:00.000Z" },
});
const stored = (letter: string): Change => ({
  kind: "blob_stored",
  sha256: sha(letter),
  bytes: 7,
});

export function baselinesContract(name: string, open: () => StoreUnderTest): void {
  describe(`${name} baselines`, () => {
    test("keeps the newest of each place, offers those whose bytes are here, and holds on to their blobs", () => {
      const { store, reopen } = open();
      store.commit([set(at("b", "two"), "b"), set(at("b", "one"), "a"), set(at("a", "x"), "c")]);
      store.commit([set(at("b", "one"), "d"), set(at("b", "one", "firefox"), "e"), stored("d")]);
      store.commit([{ kind: "baseline_removed", baseline: at("a", "x") }]);
      for (const current of views(store, reopen)) {
        const { name: _, ...place } = at("b", "one");
        expect(current.baselines(place)).toEqual([{ name: "one", sha256: sha("d"), bytes: 7 }]);
        const page = current.baselinePage({ limit: 2 });
        expect(page.map((one) => [one.browser, one.name])).toEqual([
          ["chromium", "one"],
          ["chromium", "two"],
        ]);
        expect(page[0]).toEqual({
          ...{ ...at("b", "one"), sha256: sha("d"), bytes: 5 },
          madeAt: "2026-11-21T10:00:00.000Z",
        });
        const rest = current.baselinePage({ limit: 2, after: page.at(-1) });
        expect(rest.map((one) => one.browser)).toEqual(["firefox"]);
        expect(["a", "b", "c", "d", "e"].map((one) => current.isBlobNamed(sha(one)))).toEqual([
          ...[false, true, false, true, true],
        ]);
      }
    });
  });
}
