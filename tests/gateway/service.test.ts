/** What the gateway answers of a run's artifacts (R3), and how it finds nodes that it does not know. */
import { afterEach, expect, test } from "vitest";
import { createService } from "#gateway/create-service.ts";
import { createListeners } from "#gateway/listeners.ts";
import { createMetrics } from "#gateway/metrics.ts";
import { Sha256 } from "#proto/ids.ts";
import { createHandGateway } from "./hand-gateway.ts";
import { heldBy } from "./hand-node.ts";

const sha256 = Sha256.parse("a".repeat(64));
/** Blobs whose files vanished from the gateway's disk. */
const gone = new Set<Sha256>();
afterEach(() => gone.clear());

function serviceOf(hand: ReturnType<typeof createHandGateway>) {
  return createService({
    core: hand.core(),
    store: hand.store,
    blobs: { isWhole: (asked) => !gone.has(asked) },
    listeners: createListeners(() => undefined),
    metrics: createMetrics(hand.mesh()),
    plan: () => Promise.reject(new Error("Nothing is planned here")),
    reruns: { rerun: async () => undefined, rerunOutlook: () => undefined },
    submit: () => Promise.reject(new Error("Nothing is submitted here")),
  });
}

/** A run that has ended, whose attempt left an artifact that is not here. */
async function endedRun() {
  const hand = createHandGateway();
  const a = await hand.join("a");
  const run = await hand.submit(1);
  const leaseId = heldBy(a);
  await a.start(leaseId);
  const artifact = { name: "a.png", kind: "screenshot", bytes: 7, sha256 };
  a.save({ kind: "artifact_found", leaseId, artifact });
  await a.end(leaseId, "passed");
  const service = serviceOf(hand);
  const told = () => service.report(run.id)?.tests[0]?.attempts[0]?.artifacts[0];
  return { hand, a, service, told };
}

test("R3: an artifact is pending for 30 s after the last verdict, then missing with the reason; bytes that come later are stored", async () => {
  const { hand, service, told } = await endedRun();
  expect(told()).toMatchObject({ state: "pending" });
  await hand.clock.run(28_000);
  expect(told()).toMatchObject({ state: "pending" });
  await hand.clock.run(3_000);
  expect(told()).toMatchObject({ state: "missing", reason: "Node a did not deliver it" });
  const stored = service.blobStored(sha256, 7);
  await hand.clock.run(50);
  await stored;
  expect(told()).toMatchObject({ state: "stored" });
});

test("R3: an artifact of a node that is gone is missing at once, and pending again when the node is back", async () => {
  const { hand, a, told } = await endedRun();
  a.isBeating = false;
  a.party.setConnected(false);
  await hand.clock.run(5_000);
  expect(told()).toMatchObject({ state: "missing", reason: "Node a did not deliver it" });
  a.party.setConnected(true);
  await a.hello();
  expect(told()).toMatchObject({ state: "pending" });
});

test("a heartbeat of a node that the gateway does not know makes it ask for hello", async () => {
  const hand = createHandGateway();
  const a = hand.arrive("a");
  a.epoch = 1; // it was a member of a gateway whose folder is lost
  await hand.clock.run(2_500);
  expect(a.replies).toMatchObject([{ kind: "welcome" }]);
  expect(hand.mesh().nodes.get(a.nodeId)?.life.kind).toBe("alive");
});

test("watchStarts() tells at once what runs already, and nothing of what waits or has ended", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a");
  const run = await hand.submit(3);
  const service = serviceOf(hand);
  const heard: number[] = [];
  const first = heldBy(a);
  await a.start(first);
  service.watchStarts(run.id, ({ testIndex, attempt, node }) => {
    expect([attempt, node]).toEqual([1, "a"]);
    heard.push(testIndex);
  })();
  expect(heard).toHaveLength(1);
  await a.end(first, "passed");
  service.watchStarts(run.id, ({ testIndex }) => void heard.push(testIndex))();
  expect(heard).toHaveLength(1);
});

test("R3: what is over the run's cap is missing at once, by name, size and cap; so it stays after a restart, and its upload is refused", async () => {
  const hand = createHandGateway({ limits: { runArtifactBytesMax: 1_000 } });
  const a = await hand.join("a");
  const run = await hand.submit(1);
  const leaseId = heldBy(a);
  await a.start(leaseId);
  const shas = ["a", "b", "c"].map((digit) => Sha256.parse(digit.repeat(64)));
  const attach = (name: string, sha: Sha256 | undefined, bytes: number) =>
    a.save({
      kind: "artifact_found",
      leaseId,
      artifact: { name, kind: "file", bytes, ...(sha === undefined ? {} : { sha256: sha }) },
    });
  attach("first.bin", shas[0], 600);
  attach("same.bin", shas[0], 600);
  attach("second.bin", shas[1], 401);
  attach("third.bin", shas[2], 400);
  await a.end(leaseId, "passed");
  const told = () =>
    serviceOf(hand)
      .report(run.id)
      ?.tests[0]?.attempts[0]?.artifacts.map(({ state, reason }) => reason ?? state);
  const expected = [
    "pending",
    "pending",
    "second.bin has no room: it has 401 bytes, and the run's artifacts 600 of at most 1000",
    "pending",
  ];
  expect(told()).toEqual(expected);
  expect([...hand.mesh().refusedBlobs.keys()]).toEqual([shas[1]]);
  hand.kill();
  hand.boot();
  expect(told()).toEqual(expected);
  expect(shas.map((sha) => sha && hand.store.isBlobNamed(sha))).toEqual([true, false, true]);
});

test("R3: bytes that vanished from the gateway's disk, and bytes that a node lost, are missing with the reason; what comes after all is stored", async () => {
  const { hand, service, told } = await endedRun();
  const settled = async (word: Promise<void>) => {
    await hand.clock.run(100);
    await word;
  };
  await settled(service.blobMissed(sha256, "a.png was not delivered: spoilt"));
  expect(told()).toMatchObject({ state: "missing", reason: "a.png was not delivered: spoilt" });
  await settled(service.blobStored(sha256, 7));
  expect(told()).toMatchObject({ state: "stored" });
  await settled(service.blobMissed(sha256, "too late"));
  expect(told()).toMatchObject({ state: "stored" });
  gone.add(sha256);
  expect(told()).toMatchObject({
    state: "missing",
    reason: "Its bytes were on the gateway, and are gone from its disk",
  });
});
