/** Words that arrive late, twice or out of order: each was found by the simulator, and is named for its fault. */
import { expect, test } from "vitest";
import { Sha256 } from "#proto/ids.ts";
import { MeshError } from "#shared/errors.ts";
import { createHandGateway } from "./hand-gateway.ts";
import { definitionOf } from "./make.ts";

test("L4: a hello that was overtaken by an acceptance loses no lease of the same process", async () => {
  const hand = createHandGateway();
  const node = await hand.join("a");
  const run = await hand.submit(1);
  expect(node.held.size).toBe(1);
  await node.hello({ held: [] }); // said before the offer, heard after its answer
  await hand.clock.run(100);
  expect(hand.runNow(run.id).tests[0]?.leases).toHaveLength(1);
  expect(hand.runNow(run.id).tests[0]?.leases[0]?.settlement).toBeUndefined();
});

test("L4: heartbeats from before a start that was heard first do not lose the attempt", async () => {
  const hand = createHandGateway();
  const node = await hand.join("a");
  node.answers = "silent";
  node.isBeating = false;
  const run = await hand.submit(1);
  const leaseId = [...node.held.keys()][0];
  if (leaseId === undefined) throw new Error("Nothing was offered");
  await hand.clock.run(1_500);
  await node.start(leaseId);
  node.beat({ held: [] });
  node.beat({ held: [] });
  await hand.clock.run(50);
  expect(hand.runNow(run.id).tests[0]?.leases[0]?.settlement).toBeUndefined();
});

test("E4: a hello tells how much is confirmed, also when that is more than the hello knew", async () => {
  const hand = createHandGateway();
  const node = await hand.join("a");
  await hand.submit([definitionOf(0)]);
  const leaseId = [...node.held.keys()][0];
  if (leaseId === undefined) throw new Error("Nothing was offered");
  await node.end(leaseId, "passed");
  expect(await node.hello({ lastEvent: 1 })).toMatchObject({ confirmed: 3, mustRenewStore: true });
});

test("R1: what arrives after the end changes no verdict of a run that is read from the store again", async () => {
  const hand = createHandGateway({ limits: { lostBudget: 1 } });
  const node = await hand.join("a");
  const run = await hand.submit(1);
  const leaseId = [...node.held.keys()][0];
  if (leaseId === undefined) throw new Error("Nothing was offered");
  await node.start(leaseId);
  node.isBeating = false;
  node.party.cut(true);
  await hand.clock.run(12_000);
  expect(run.end).toMatchObject({ exitCode: 3 });
  const told = run.tests[0]?.decided;
  hand.kill();
  hand.boot();
  node.party.cut(false);
  await node.end(leaseId, "lost", {
    loss: "crashed",
    error: { message: "The node's process ended" },
  });
  hand.kill();
  hand.boot();
  expect(hand.runNow(run.id).tests[0]?.decided).toEqual(told);
  expect(hand.runNow(run.id).tests[0]?.leases[0]?.attempt?.end).toBeDefined();
});

test("E5: late events of a run that left memory are all taken, also many in one batch", async () => {
  const hand = createHandGateway();
  const node = await hand.join("a");
  const run = await hand.submit(1, { runTimeoutMs: 1_000 });
  const leaseId = [...node.held.keys()][0];
  if (leaseId === undefined) throw new Error("Nothing was offered");
  node.isAnsweringControls = false;
  await hand.clock.run(8_000);
  expect(run.end).toBeDefined();
  hand.kill();
  hand.boot();
  await node.end(leaseId, "passed"); // started, step, ended: one batch
  expect(hand.mesh().counters.rejectedEvents).toBe(0);
  expect(hand.runNow(run.id).tests[0]?.leases[0]?.attempt?.end).toMatchObject({ status: "passed" });
});

test("V2: nodes that spoke while the gateway's disk was full are not gone afterwards", async () => {
  const hand = createHandGateway();
  const node = await hand.join("a");
  node.isAnsweringControls = false; // no probe may help
  hand.disk.failure = new MeshError("disk_full", "Cannot commit: no room");
  await hand.clock.run(300);
  const sha256 = Sha256.parse("a".repeat(64));
  const decided = hand
    .core()
    .decide(() => hand.mesh().turn.save({ kind: "blob_stored", sha256, bytes: 1 }));
  decided.catch(() => undefined);
  await hand.clock.run(30_000);
  hand.disk.failure = undefined;
  node.isBeating = false;
  await hand.clock.run(5_000);
  const said = hand.disk.commits.flat();
  expect(said.filter((change) => change.kind === "node_saved" && change.node.isGone)).toEqual([]);
});
