/** What every store of the gateway's truth promises of blobs: who names them, and why one will not come. */
import { expect, test } from "vitest";
import type { Change } from "#gateway/mesh/change.ts";
import type { ArtifactNote } from "#proto/artifact.ts";
import { RunId, Sha256, StoreId } from "#proto/ids.ts";
import { leaseIdOf } from "#shared/ids.ts";
import { definitionOf } from "../gateway/make.ts";
import { runCreated, type StoreUnderTest, views } from "./gateway-store.contract.ts";

const runId = RunId.parse("run-0001");
const shaOf = (digit: string) => Sha256.parse(digit.repeat(64));

const found = (number: number, own: Partial<ArtifactNote>): Change => ({
  kind: "event_taken",
  storeId: StoreId.parse("store-1"),
  number,
  event: {
    kind: "artifact_found",
    leaseId: leaseIdOf({ runId, testIndex: 0, number: 1 }),
    artifact: { name: "a.bin", kind: "file", bytes: 1, ...own },
  },
  offsetMs: 0,
});

/** Holds `open` to the contract. */
export function blobNamesContract(name: string, open: () => StoreUnderTest): void {
  test(`${name}: a blob is named by an artifact that was taken, or as a suite's file; why one will not come is known until it comes`, () => {
    const { store, reopen } = open();
    const [taken, refused, file, other] = ["1", "2", "3", "4"].map(shaOf) as [
      Sha256,
      Sha256,
      Sha256,
      Sha256,
    ];
    const files = [{ path: "a.txt", sha256: file, bytes: 1 }];
    store.commit([
      runCreated(runId, { definitions: [definitionOf(0, { files }), definitionOf(1, { files })] }),
      found(1, { sha256: taken }),
      found(2, { sha256: taken }),
      found(3, { sha256: refused, missing: "No room" }),
      { kind: "blob_missed", sha256: taken, reason: "Gone" },
      { kind: "blob_missed", sha256: other, reason: "Gone" },
      { kind: "blob_missed", sha256: other, reason: "Spoilt" },
      { kind: "blob_stored", sha256: taken, bytes: 1 },
      { kind: "blob_stored", sha256: file, bytes: 1 },
      { kind: "blob_dropped", sha256: file },
    ]);
    for (const current of views(store, reopen)) {
      const named = [taken, refused, file, other].map(current.isBlobNamed);
      expect(named).toEqual([true, false, true, false]);
      expect([taken, other].map(current.whyMissing)).toEqual([undefined, "Spoilt"]);
      expect([taken, file].map(current.blobBytes)).toEqual([1, undefined]);
    }
  });
}
