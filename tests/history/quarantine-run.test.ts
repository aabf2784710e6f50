/** A run under a quarantine list, on a core that the test drives: most failures, and a gateway that starts again amid it. */
import { expect, test } from "vitest";
import { RunOptions } from "#proto/api.ts";
import { RunId } from "#proto/ids.ts";
import { createHandGateway, type HandGateway } from "../gateway/hand-gateway.ts";
import type { HandNode } from "../gateway/hand-node.ts";
import { definitionOf } from "../gateway/make.ts";

const runId = RunId.parse("run-1");

async function submit(hand: HandGateway, key: string): Promise<void> {
  const created = hand.core().createRun({
    runId,
    definitions: [0, 1, 2].map((index) => definitionOf(index)),
    options: RunOptions.parse({ maxFailures: 1 }),
    secrets: {},
    sealedSecrets: undefined,
    idempotencyKey: undefined,
    bodySha256: "0",
    quarantine: [{ key, owner: "ann", reason: "BUG-1", expiresAt: "2100-01-01T00:00:00Z" }],
  });
  await hand.clock.run(50);
  await created;
}

async function failNext(node: HandNode): Promise<void> {
  const open = [...node.held].find(([, state]) => state === "accepted");
  if (open !== undefined) await node.end(open[0], "failed");
}

test.each([
  ["every test is excused: all run, none counts among the most failures", "/./", 0, 3],
  ["another list: the first failure skips the rest", "other", 1, 1],
])("%s; also when the gateway starts again in between", async (_, key, ...[exitCode, failed]) => {
  const hand = createHandGateway();
  const node = await hand.join("a");
  await submit(hand, key);
  await failNext(node);
  hand.kill();
  hand.boot();
  await hand.clock.run(1_000);
  for (let turn = 0; turn < 3; turn += 1) {
    await failNext(node);
    await hand.clock.run(500);
  }
  expect(hand.runNow(runId).end).toMatchObject({ exitCode });
  expect(hand.report(runId).totals).toMatchObject({ failed, lost: 0, skipped: 3 - failed });
});
