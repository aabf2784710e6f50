/** Baselines between runs: whose pictures become them, and whom they are offered to. */
import { expect, test } from "vitest";
import { offeredBaselines } from "#gateway/baselines/offer.ts";
import type { LeaseState } from "#gateway/mesh/run-state.ts";
import type { RunOptions } from "#proto/api.ts";
import type { NodeEvent } from "#proto/event.ts";
import { Sha256, TestKey } from "#proto/ids.ts";
import { createBareMesh } from "./bare-mesh.ts";
import { capabilitiesOf, definitionOf } from "./make.ts";

const sha = (letter: string) => Sha256.parse(letter.repeat(64));
const looks = { subject: { of: "screenshot", name: "cart" } };
const step = { name: "s", kind: "expect", phase: "main", line: 3, column: 5 };
const nested = { ...step, kind: "if", args: { deep: [{ args: { checks: [looks] } }] } };
const web = { platform: "web", steps: [nested], historyKey: "suite › test" };
const capabilities = capabilitiesOf({
  able: [{ platform: "http" }, { platform: "web", browser: "chromium" }],
  osFamily: "linux",
});

function play(own: Partial<RunOptions>, definition: Record<string, unknown> = web) {
  const bare = createBareMesh();
  bare.hello("a", { capabilities });
  const run = bare.createRun([definitionOf(0, definition)], own);
  const [lease] = bare.turn();
  if (lease === undefined) throw new Error("A lease was expected");
  const end = (status: "passed" | "failed", artifacts: readonly object[]) => {
    const { id: leaseId } = lease;
    const events = [
      { kind: "attempt_started", leaseId, attemptNumber: 1, slotIndex: 0, wallMs: 0 },
      { kind: "step_ended", leaseId, stepIndex: 0, status: "passed", durationMs: 1 },
      ...artifacts.map((artifact) => ({ kind: "artifact_found", leaseId, artifact })),
      { kind: "attempt_ended", leaseId, status, durationMs: 7 },
    ] as NodeEvent[];
    bare.deliver(
      "a",
      events.map((event, index) => ({ number: index + 1, event })),
    );
    bare.commit();
    return bare.store.baselinePage({ limit: 10 });
  };
  return { bare, run, lease: lease as LeaseState, end };
}

const artifact = (name: string, own: object = {}) => ({
  ...{ name, kind: "baseline", bytes: 9, sha256: sha("a"), ...own },
});

test("the pictures of a passed attempt become baselines of its history, browser and system", () => {
  const { end, run } = play({ updateBaselines: true });
  const kept = end("passed", [
    artifact("cart.baseline.png"),
    artifact("other.png"),
    artifact("x.baseline.png", { kind: "screenshot" }),
    artifact("y.baseline.png", { missing: "no room" }),
    artifact("..baseline.png"),
  ]);
  expect(kept).toEqual([
    {
      ...{ key: "suite › test", browser: "chromium", os: "linux", name: "cart" },
      ...{ sha256: sha("a"), bytes: 9, runId: run.id, madeAt: expect.any(String) },
    },
  ]);
});

test.each([
  ["a failed attempt", { updateBaselines: true }, "failed"],
  ["a run that was not told to", {}, "passed"],
] as const)("those of %s do not", (_, own, status) => {
  expect(play(own).end(status, [artifact("cart.baseline.png")])).toEqual([]);
});

test("they are offered to tests that compare pictures, once their bytes are here", () => {
  const { bare, run, lease } = play({ updateBaselines: true });
  const place = { key: TestKey.parse("suite › test"), browser: "chromium", os: "linux" };
  const baseline = {
    ...place,
    name: "cart",
    sha256: sha("b"),
    bytes: 1,
    madeAt: new Date(0).toISOString(),
  };
  bare.store.commit([{ kind: "baseline_set", baseline }]);
  expect(offeredBaselines(bare.mesh, run, lease)).toEqual({ updateBaselines: true });
  bare.store.commit([{ kind: "blob_stored", sha256: sha("b"), bytes: 4 }]);
  expect(offeredBaselines(bare.mesh, run, lease)).toEqual({
    baselines: [{ name: "cart", sha256: sha("b"), bytes: 4 }],
    updateBaselines: true,
  });
  const plain = play({ updateBaselines: true }, { platform: "web" });
  plain.bare.store.commit([
    { kind: "baseline_set", baseline: { ...baseline, key: TestKey.parse("suite › test 0") } },
  ]);
  expect(offeredBaselines(plain.bare.mesh, plain.run, plain.lease)).toEqual({});
});
