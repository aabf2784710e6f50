/** Which tests of a run run again, with which options, and what is refused by name. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createBlobStore } from "#gateway/blobs/blob-store.ts";
import { createRerun } from "#gateway/rerun.ts";
import { createSeal } from "#gateway/seal.ts";
import { createSubmit } from "#gateway/submit.ts";
import { SubmitRun } from "#proto/api.ts";
import { RunId } from "#proto/ids.ts";
import { RerunRun } from "#proto/rerun.ts";
import { newSecret } from "#shared/ids.ts";
import { createHandGateway } from "./hand-gateway.ts";

const STEPS = [{ request: { get: "http://127.0.0.1:1/" } }];
const SUITE = JSON.stringify({
  name: "s",
  secrets: ["KEY"],
  defaults: { platform: "http" },
  tests: [
    { name: "good", steps: STEPS },
    { name: "bad", steps: STEPS },
    { name: "next", after: ["good", "bad"], steps: STEPS },
  ],
});

async function setUp() {
  const hand = createHandGateway();
  const a = await hand.join("a", { slots: 2 });
  const dir = mkdtempSync(join(tmpdir(), "panoptic-rerun-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const parts = {
    core: hand.core(),
    store: hand.store,
    blobs: createBlobStore({ dir, bytesMax: 1_000_000, clock: hand.clock }),
    seal: createSeal(newSecret()),
    limits: hand.limits,
  };
  const { rerun, rerunOutlook } = createRerun(parts);
  const submit = createSubmit(parts);
  const body = SubmitRun.parse({
    suites: [{ file: "s.json", text: SUITE }],
    secrets: { KEY: "s3cret" },
    options: { priority: 3, grep: ".", shard: { index: 1, count: 1 } },
  });
  const made = submit(body, undefined);
  await hand.clock.run(100);
  const created = await made;
  if (created.kind !== "created") throw new Error(JSON.stringify(created));
  const run = hand.mesh().runs.get(created.run.id);
  const again = async (written: object, id = created.run.id) => {
    const outcome = rerun(id, RerunRun.parse(written), undefined);
    await hand.clock.run(100);
    return outcome;
  };
  const end = async () => {
    for (const { leases, definition } of run?.tests ?? []) {
      const lease = leases.at(-1);
      if (lease === undefined) continue;
      await a.start(lease.id);
      await a.end(lease.id, definition.name === "good" ? "passed" : "failed");
    }
  };
  return { hand, id: created.run.id, again, end, rerunOutlook };
}

test("a run that goes on is not run again, an unknown one is none", async () => {
  const { id, again, rerunOutlook } = await setUp();
  expect(await again({ tests: "all", secrets: { KEY: "v" } })).toMatchObject({
    kind: "refused",
    code: "conflict",
    reason: expect.stringContaining(`${id}: it has not ended`),
  });
  expect(await again({ tests: "all" }, RunId.parse("run-nix"))).toBe(undefined);
  expect(rerunOutlook(RunId.parse("run-nix"), "all")).toBe(undefined);
});

test("failed ones run again with those that were skipped because of them; each test keeps its definition, the run its options", async () => {
  const { hand, id, again, end, rerunOutlook } = await setUp();
  await end();
  expect(rerunOutlook(id, "failed")).toEqual({ count: 2, secrets: ["KEY"] });
  expect(rerunOutlook(id, "all")).toEqual({ count: 3, secrets: ["KEY"] });
  const outcome = await again({
    tests: "failed",
    secrets: { KEY: "v" },
    options: { retries: 2, testTimeoutMs: 7, weight: 2 },
  });
  expect(outcome).toMatchObject({ kind: "created" });
  const run = [...hand.mesh().runs.values()].at(-1);
  expect(run?.tests.map(({ definition }) => definition)).toMatchObject([
    { key: "s › bad", retries: 2, timeoutMs: 7 },
    { key: "s › next", retries: 2, timeoutMs: 7, schedule: { after: ["bad"] } },
  ]);
  expect(run?.origin).toEqual({ rerunOf: id });
  expect(run?.options).toEqual({
    tags: [],
    priority: 3,
    weight: 2,
    retries: 2,
    testTimeoutMs: 7,
    allowEmpty: false,
    skipUnsupported: false,
  });
  expect(run?.secrets).toEqual({ KEY: "v" });
  const kept = run && hand.store.loadRun(run.id)?.created.origin;
  expect(kept).toEqual({ rerunOf: id });
});

test("secrets that are not brought again are refused by name, and not by value", async () => {
  const { again, end } = await setUp();
  await end();
  for (const secrets of [{}, { KEY: "" }]) {
    const outcome = await again({ tests: "failed", secrets });
    expect(outcome).toMatchObject({
      kind: "refused",
      code: "suite_invalid",
      faults: ["The secret KEY has no value"],
    });
    expect(JSON.stringify(outcome)).not.toContain("s3cret");
  }
});
