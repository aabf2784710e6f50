/**
 * One of the two sides has an older copy of what they shared (E4), decided and saved: what both know is not said again,
 * what only one knows is not taken for something else. Pure decision and real replica; processes: restored.test.ts.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { decideHello, type GreeterView } from "#node/membership/decide-hello.ts";
import type { Welcome } from "#node/membership/effects.ts";
import { recoverStore } from "#node/membership/recover.ts";
import { openReplica } from "#node/store/replica.ts";
import { Epoch, RunId } from "#proto/ids.ts";
import { leaseIdOf, systemIds } from "#shared/ids.ts";

const LEASE = leaseIdOf({ runId: RunId.parse("run-1"), testIndex: 0, number: 1 });
const ALL = { countMax: 1_000, bytesMax: 1e9 };

function welcome(confirmed: number, mustRenewStore = false): Welcome {
  return {
    kind: "welcome",
    version: 1,
    epoch: Epoch.parse(1),
    confirmed,
    mustRenewStore,
    drop: [],
    isDrained: false,
    settings: { heartbeatMs: 1_000, unstartedLeaseMs: 15_000 },
  };
}

const first = (view: Partial<GreeterView>): GreeterView => ({
  isMember: false,
  lastNumber: 0,
  lastAtStart: 0,
  confirmedAtHello: 0,
  ...view,
});

const decided = (confirmed: number, view: Partial<GreeterView>, mustRenewStore = false) =>
  decideHello(welcome(confirmed, mustRenewStore), first(view)).effects[0];

test("a node that starts as it was left goes on in its store", () => {
  const view = { lastNumber: 13, lastAtStart: 10, confirmedAtHello: 8 };
  for (const confirmed of [8, 9, 10])
    expect(decided(confirmed, view)).toEqual({ kind: "confirm", number: confirmed });
});

test("a node on an older copy takes none of its own first events for those that the gateway has under their numbers", () => {
  // 11 to 13 are its own (L6), and the gateway has other 11 and 12: more than the copy, fewer than now.
  const view = { lastNumber: 13, lastAtStart: 10, confirmedAtHello: 8 };
  expect(decided(12, view)).toMatchObject({ kind: "renew_store", known: 10 });
  expect(decided(20, view, true)).toMatchObject({ kind: "renew_store", known: 10 });
});

test("a gateway on an older copy is told again what it has forgotten, as far as it is kept", () => {
  const view = { isMember: true, lastNumber: 13, lastAtStart: 10, confirmedAtHello: 12 };
  expect(decided(5, view)).toMatchObject({ kind: "renew_store", known: 5 });
  expect(decided(0, { ...view, isMember: false })).toMatchObject({ kind: "renew_store", known: 0 });
});

test("a member whose events overtook its hello goes on; one whose store somebody else writes, too, does not", () => {
  const view = { isMember: true, lastNumber: 13, lastAtStart: 10, confirmedAtHello: 11 };
  expect(decided(13, view, true)).toEqual({ kind: "confirm", number: 13 });
  expect(decided(14, view, true)).toMatchObject({ kind: "renew_store", known: 11 });
});

test("an older copy of a replica reports what it believes running once, in a store of its own", () => {
  const folder = mkdtempSync(join(tmpdir(), "panoptic-copy-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const { store } = openReplica({ path: join(folder, "replica.db"), ids: systemIds });
  store.saveAccepted([
    { leaseId: LEASE, state: "accepted", attemptNumber: 1, testKey: "t", plannedSteps: [] },
  ]);
  store.start(LEASE, {
    kind: "attempt_started",
    leaseId: LEASE,
    attemptNumber: 1,
    slotIndex: 0,
    wallMs: 1,
  });
  const lastAtStart = store.lastNumber();
  const storeId = store.storeId();
  recoverStore(store, 10_000);
  const view = { lastNumber: store.lastNumber(), lastAtStart };
  const effect = decided(lastAtStart + 1, view);
  if (effect?.kind !== "renew_store") throw new Error("Not renewed");
  store.renew(effect.known);
  expect(store.storeId()).not.toBe(storeId);
  expect(store.eventsAfter(0, ALL)).toMatchObject([
    { number: 1, event: { kind: "attempt_ended", leaseId: LEASE, loss: "crashed" } },
  ]);
});
