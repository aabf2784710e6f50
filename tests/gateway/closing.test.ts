/** R2 and the wait for nodes: tests that end without a lease of their own. */
import { describe, expect, test } from "vitest";
import { cancelRun } from "#gateway/scheduler/cancel.ts";
import { refuseNodeless } from "#gateway/scheduler/nodeless.ts";
import { createBareMesh } from "./bare-mesh.ts";
import { createHandGateway, type HandGateway } from "./hand-gateway.ts";
import { heldBy } from "./hand-node.ts";
import { capabilitiesOf, definitionOf } from "./make.ts";

describe("R2: cancel", () => {
  const cancel = (hand: HandGateway, runId: Parameters<HandGateway["runNow"]>[0]) =>
    hand.decide((mesh) =>
      cancelRun(mesh, hand.runNow(runId), { code: "cancelled", reason: "By a person" }),
    );

  test("what waits never starts, what ran is cancelled, what had passed stands", async () => {
    const hand = createHandGateway();
    const a = await hand.join("a");
    const run = await hand.submit(3);
    await a.end(heldBy(a), "passed");
    await hand.clock.run(500);
    const running = heldBy(a);
    await a.start(running);
    const offered = a.offers.length;
    await cancel(hand, run.id);
    expect(a.controls.filter(({ kind }) => kind === "cancel").length).toBeGreaterThan(0);
    await a.end(running, "cancelled");
    expect(hand.runNow(run.id).end).toMatchObject({
      status: "incomplete",
      exitCode: 3,
      reason: "By a person",
    });
    expect(hand.report(run.id).tests.map((one) => one.verdict)).toEqual(["passed", "lost", "lost"]);
    expect(hand.report(run.id).tests[1]?.attempts).toMatchObject([{ status: "cancelled" }]);
    expect(hand.report(run.id).tests[2]).toMatchObject({ reason: "By a person", attempts: [] });
    expect(a.offers).toHaveLength(offered);
  });

  test("an outcome committed before the run closes stands", async () => {
    const hand = createHandGateway();
    const a = await hand.join("a");
    const run = await hand.submit(1);
    const lease = heldBy(a);
    await a.start(lease);
    await cancel(hand, run.id);
    expect(hand.runNow(run.id).end).toBeUndefined();
    await a.end(lease, "passed");
    expect(hand.runNow(run.id).end).toMatchObject({ status: "passed", exitCode: 0 });
  });

  test("what no node answers is closed after 5 s; a repeat of the cancel changes nothing", async () => {
    const hand = createHandGateway();
    const a = await hand.join("a");
    const run = await hand.submit(1);
    await a.start(heldBy(a));
    a.isAnsweringControls = false;
    await cancel(hand, run.id);
    await hand.clock.run(4_000);
    expect(hand.runNow(run.id).end).toBeUndefined();
    await cancel(hand, run.id);
    await hand.clock.run(1_500);
    expect(hand.runNow(run.id).end).toMatchObject({ status: "incomplete", exitCode: 3 });
    expect(hand.report(run.id).tests[0]?.attempts).toMatchObject([{ status: "cancelled" }]);
  });

  test("L5: a gateway that restarts within a cancel goes on with it", async () => {
    const hand = createHandGateway();
    const a = await hand.join("a");
    const run = await hand.submit(2);
    await a.start(heldBy(a));
    a.isAnsweringControls = false;
    await cancel(hand, run.id);
    hand.kill();
    hand.boot();
    await hand.clock.run(1_500);
    expect(hand.runNow(run.id).end).toBeUndefined();
    await hand.clock.run(5_000);
    expect(hand.runNow(run.id).end).toMatchObject({ reason: "By a person", exitCode: 3 });
    expect(a.offers).toHaveLength(1);
  });

  test("a run out of time is cancelled by itself", async () => {
    const hand = createHandGateway();
    await hand.join("a");
    const run = await hand.submit(1, { runTimeoutMs: 3_000 });
    await hand.clock.run(4_000);
    expect(hand.runNow(run.id).end).toMatchObject({
      exitCode: 3,
      reason: "Out of time: the run took longer than 3000 ms",
    });
  });
});

describe("tests that no node could run", () => {
  test("are refused at submit with what is missing, one fault for each distinct need", () => {
    const bare = createBareMesh();
    const web = { platform: "web", needs: { browser: "chromium", labels: ["lab-2"] } };
    const definitions = [definitionOf(0), definitionOf(1, web), definitionOf(2, web)];
    const nodes = () => [...bare.mesh.nodes.values()];
    expect(refuseNodeless(nodes(), definitions)).toEqual([
      "suite.yaml:2:1 No node is there: it needs platform http (test suite › test 0)",
      "suite.yaml:3:1 No node is there: it needs platform web, browser chromium, label lab-2 (test suite › test 1)",
    ]);
    bare.hello("a", {
      capabilities: capabilitiesOf({ unable: [{ platform: "web", reason: "No browser" }] }),
    });
    expect(refuseNodeless(nodes(), definitions)).toEqual([
      "suite.yaml:3:1 No node has what it needs (platform web, browser chromium, label lab-2): the nearest, a, lacks platform web and label lab-2 (web there: No browser) (test suite › test 1)",
    ]);
    expect(refuseNodeless(nodes(), [definitionOf(1, { ...web, skip: "Not now" })])).toEqual([]);
    bare.hello("b", {
      capabilities: capabilitiesOf({
        able: [{ platform: "web", browser: "chromium" }],
        labels: ["lab-2"],
      }),
    });
    expect(refuseNodeless(nodes(), definitions)).toEqual([]);
  });

  test("wait 60 s after their last node disappeared, told once, then are lost with the reason", async () => {
    const hand = createHandGateway();
    const a = await hand.join("a");
    const run = await hand.submit(2);
    await a.start(heldBy(a));
    a.isBeating = false;
    a.party.kill();
    await hand.clock.run(50_000);
    expect(hand.runNow(run.id).end).toBeUndefined();
    await hand.clock.run(20_000);
    expect(hand.runNow(run.id).end).toMatchObject({ status: "incomplete", exitCode: 3 });
    expect(hand.notices.filter((notice) => notice.kind === "waiting")).toHaveLength(1);
    expect(hand.report(run.id).tests[1]).toMatchObject({
      verdict: "lost",
      reason: expect.stringMatching(/^No node is there: .*; waited 60 s$/),
    });
  });

  test("wait as long as the run says, and run when a node comes", async () => {
    const hand = createHandGateway();
    const short = await hand.submit(1, { waitForNodesMs: 5_000 });
    const long = await hand.submit(1, { waitForNodesMs: 500_000 });
    await hand.clock.run(6_000);
    expect(hand.runNow(short.id).end).toMatchObject({ exitCode: 3 });
    await hand.clock.run(100_000);
    const a = await hand.join("a");
    await hand.clock.run(1_000);
    await a.end(heldBy(a), "passed");
    expect(hand.runNow(long.id).end).toMatchObject({ exitCode: 0 });
  });

  test("a node that was there in between starts the wait anew, also for tests behind a newcomer", async () => {
    const hand = createHandGateway();
    const run = await hand.submit(1, { waitForNodesMs: 60_000 });
    await hand.clock.run(40_000);
    // Two that go first arrive just before the node: it takes one, the other has not waited at all.
    const urgent = [0, 1].map((index) => definitionOf(index, { schedule: { priority: 1 } }));
    const other = await hand.submit(urgent, { waitForNodesMs: 60_000 });
    const a = await hand.join("a");
    expect(a.offers.map(({ runId }) => runId)).toEqual([other.id]);
    await hand.clock.run(5_000);
    a.isBeating = false;
    a.party.kill();
    await hand.clock.run(30_000); // 75 s after the first wait began, not 60 s after the second
    expect(hand.runNow(run.id).end).toBeUndefined();
    await hand.clock.run(40_000);
    expect(hand.runNow(run.id).end).toMatchObject({ exitCode: 3 });
  });
});
