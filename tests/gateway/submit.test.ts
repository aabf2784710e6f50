/** From a submit to a run: what is refused leaves nothing behind that runs, and nothing is offered that no bus carries. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createBlobStore } from "#gateway/blobs/blob-store.ts";
import { createSeal } from "#gateway/seal.ts";
import { createSubmit } from "#gateway/submit.ts";
import { SubmitRun } from "#proto/api.ts";
import { Sha256, TestKey } from "#proto/ids.ts";
import { MeshError } from "#shared/errors.ts";
import { newSecret } from "#shared/ids.ts";
import { createHandGateway } from "./hand-gateway.ts";

const STEPS = [{ request: { get: "http://127.0.0.1:1/" } }];
const SUITE = JSON.stringify({
  name: "s",
  secrets: ["KEY"],
  defaults: { platform: "http" },
  tests: [{ name: "t", steps: STEPS }],
});

async function setUp() {
  const hand = createHandGateway();
  const a = await hand.join("a");
  const dir = mkdtempSync(join(tmpdir(), "panoptic-submit-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const submitNow = createSubmit({
    core: hand.core(),
    store: hand.store,
    blobs: createBlobStore({ dir, bytesMax: 1_000_000, clock: hand.clock }),
    seal: createSeal(newSecret()),
    limits: hand.limits,
  });
  const submit = (secret = "s3cret", key?: string) =>
    submitBody({ suites: [{ file: "s.json", text: SUITE }], secrets: { KEY: secret } }, key);
  const submitBody = async (written: object, key?: string) => {
    const body = SubmitRun.parse(written);
    const outcome = submitNow(body, key).catch((thrown: unknown) => thrown);
    await hand.clock.run(100);
    return outcome;
  };
  return { hand, a, submit, submitBody };
}

test("gateway disk full: a run whose submit was refused is none, also when there is room again; its key may be used again", async () => {
  const { hand, a, submit } = await setUp();
  hand.disk.failure = new MeshError("disk_full", "Cannot commit: full");
  expect(await submit("s3cret", "key-1")).toMatchObject({ code: "disk_full" });
  expect([...hand.mesh().runs.keys()]).toEqual([]);
  hand
    .mesh()
    .act(() =>
      hand
        .mesh()
        .turn.save({ kind: "blob_stored", sha256: Sha256.parse("a".repeat(64)), bytes: 1 }),
    );
  await hand.clock.run(100);
  expect(hand.core().failure()?.code).toBe("disk_full");
  expect(await submit("s3cret", "key-1")).toMatchObject({ kind: "refused", code: "disk_full" });
  hand.disk.failure = undefined;
  await hand.clock.run(5_000);
  expect(a.offers).toEqual([]);
  expect(hand.store.load().openRuns).toEqual([]);
  expect(await submit("s3cret", "key-1")).toMatchObject({ kind: "created" });
  expect(a.offers).toHaveLength(1);
  expect(hand.store.violations).toEqual([]);
  expect(hand.faults).toEqual([]);
});

test("a test whose secrets are larger than an offer can be is refused by name, instead of waiting for ever", async () => {
  const { hand, submit } = await setUp();
  const outcome = await submit("x".repeat(hand.limits.definitionBytesMax));
  expect(outcome).toMatchObject({ kind: "refused", code: "too_large" });
  expect(JSON.stringify(outcome)).not.toContain("xxx");
  expect(await submit("x".repeat(1_000))).toMatchObject({ kind: "created" });
});

test("two submits at once with one idempotency key make one run", async () => {
  const { hand, submit } = await setUp();
  const outcomes = await Promise.all([submit("a", "key-1"), submit("a", "key-1")]);
  expect(outcomes).toMatchObject([{ kind: "created" }, { kind: "repeated" }]);
  expect(await submit("b", "key-1")).toMatchObject({ kind: "refused", code: "conflict" });
  expect(hand.mesh().runs.size).toBe(1);
  expect(hand.faults).toEqual([]);
});

test("the options of a run reach the tests of both formats: evidence, and what is not supported yet", async () => {
  const { hand, submitBody } = await setUp();
  const original =
    "apps: [{ name: a, type: web, url: / }]\nactions: [{ type: wait }, { type: vision_report }]\n";
  const native = "tests: [{ name: t, trace: on, steps: [{ back: true }] }]\n";
  const suites = [
    { file: "o.yaml", text: original },
    { file: "n.yaml", text: native },
  ];
  const refused = await submitBody({ suites, options: { waitForNodesMs: 1000 } });
  expect(refused).toMatchObject({
    kind: "refused",
    code: "suite_invalid",
    faults: [
      expect.stringMatching(/^o\.yaml:2:35 The action type "vision_report" is not supported/),
    ],
  });
  const evidence = { trace: "off", video: "on", screenshots: "off" } as const;
  const options = { waitForNodesMs: 1000, skipUnsupported: true, ...evidence };
  expect(await submitBody({ suites, options })).toMatchObject({ kind: "created" });
  const [run] = [...hand.mesh().runs.values()];
  const definitions = run?.tests.map(({ definition }) => definition);
  expect(definitions).toMatchObject([
    { key: "o › a", evidence, steps: [{ kind: "wait" }, { skip: expect.any(String) }] },
    { key: "n › t", evidence },
  ]);
});

const many = (names: readonly string[], more: object = {}) =>
  JSON.stringify({
    name: "s",
    defaults: { platform: "http" },
    tests: names.map((name) => ({ name, steps: STEPS, ...more })),
  });

test("--repeat-each makes numbered tests with one history; --pool is that of the tests that name none", async () => {
  const { hand, submitBody } = await setUp();
  const suites = [{ file: "s.json", text: many(["t"]) }];
  const options = { repeatEach: 2, waitForNodesMs: 1, pool: "lab" };
  expect(await submitBody({ suites, options })).toMatchObject({ kind: "created" });
  const [run] = [...hand.mesh().runs.values()];
  expect(run?.tests.map(({ definition }) => definition)).toMatchObject([
    { key: "s › t [repeat=1]", historyKey: "s › t", needs: { pool: "lab" } },
    { key: "s › t [repeat=2]", historyKey: "s › t", needs: { pool: "lab" } },
  ]);
});

test("--shard runs one slice, and its run knows what the others have; one with nothing to do passes and says so", async () => {
  const { hand, submitBody } = await setUp();
  const suites = [{ file: "s.json", text: many(["t1", "t2", "t3"]) }];
  const shardOf = async (index: number) => {
    const shard = { index, count: 4, build: "b" };
    const created = await submitBody({ suites, options: { shard } });
    return { created, run: [...hand.mesh().runs.values()].at(-1) };
  };
  const first = await shardOf(1);
  expect(first.run?.tests.map(({ definition }) => String(definition.key))).toEqual(["s › t1"]);
  expect(first.run?.origin?.shard).toMatchObject({
    index: 1,
    count: 4,
    build: "b",
    slices: [["s › t1"], ["s › t2"], ["s › t3"], []],
    files: { s: "s.json" },
  });
  const last = await shardOf(4);
  expect(last.created).toMatchObject({
    warnings: [expect.stringContaining("Slice 4 of 4 has nothing to execute")],
  });
  expect(last.run?.end).toMatchObject({ status: "passed", exitCode: 0 });
  expect(last.run?.origin?.shard?.plan).toBe(first.run?.origin?.shard?.plan);
  // What was committed is what a restart finds.
  const kept = first.run && hand.store.loadRun(first.run.id)?.created.origin;
  expect(kept).toEqual(first.run?.origin);
});
test("each: node makes a test for each node that is there; where none is, waiting for nodes does not help, and is refused by name", async () => {
  const { hand, submitBody } = await setUp();
  await hand.join("b");
  const suites = [{ file: "s.json", text: many(["t"], { each: "node" }) }];
  expect(await submitBody({ suites })).toMatchObject({ kind: "created" });
  const [run] = [...hand.mesh().runs.values()];
  expect(run?.tests.map(({ definition }) => definition)).toMatchObject([
    { key: "s › t [node=a]", historyKey: "s › t", needs: { node: "a" } },
    { key: "s › t [node=b]", historyKey: "s › t", needs: { node: "b" } },
  ]);
  const nowhere = [
    { file: "s.json", text: many(["t"], { each: "node", needs: { labels: ["moon"] } }) },
  ];
  expect(await submitBody({ suites: nowhere, options: { waitForNodesMs: 1_000 } })).toMatchObject({
    kind: "refused",
    code: "no_matching_node",
    reason: expect.stringContaining("--wait-for-nodes does not wait"),
    faults: [expect.stringMatching(/^s\.json:1:1 .*label moon.* \(test s › t\)$/)],
  });
});

test("slices of one build are cut alike, also when the first has run before the second is submitted", async () => {
  const { hand, submitBody } = await setUp();
  const suites = [{ file: "s.json", text: many(["t1", "t2", "t3", "t4"]) }];
  const slicesOf = async (index: number, build: string) => {
    const outcome = await submitBody({ suites, options: { shard: { index, count: 2, build } } });
    expect(outcome).toMatchObject({ kind: "created" });
    return [...hand.mesh().runs.values()].at(-1)?.origin?.shard?.slices;
  };
  const first = await slicesOf(1, "b1");
  const outcome = { status: "passed", durationMs: 9_000, wallMs: 1, node: "0123456789" } as const;
  const key = TestKey.parse("s › t1");
  hand
    .mesh()
    .act(() => hand.mesh().turn.save({ kind: "outcome_noted", key, platform: "http", outcome }));
  const slow = TestKey.parse("s › t2");
  const longer = { ...outcome, durationMs: 90_000 };
  hand
    .mesh()
    .act(() =>
      hand
        .mesh()
        .turn.save({ kind: "outcome_noted", key: slow, platform: "http", outcome: longer }),
    );
  await hand.clock.run(100);
  expect(await slicesOf(2, "b1")).toEqual(first);
  expect(await slicesOf(1, "b2")).toEqual([
    ["s › t1", "s › t2"],
    ["s › t3", "s › t4"],
  ]);
  expect(first).toEqual([
    ["s › t1", "s › t3"],
    ["s › t2", "s › t4"],
  ]);
});
