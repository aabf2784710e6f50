/** A whole node in this process, joined to a whole gateway: how it starts, stops, is refused and is found again. */
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { type Gateway, startGateway } from "#gateway/gateway.ts";
import { waitUntil } from "#kit/wait-until.ts";
import { createHttpDriver } from "#node/drivers/http/driver.ts";
import { type NodeOptions, type RunningNode, startNode } from "#node/node.ts";
import { readReplica } from "#node/store/replica-view.ts";
import type { RunId } from "#proto/ids.ts";
import { decodeJoinToken } from "#shared/join-token.ts";
import { DEFAULT_LIMITS } from "#shared/limits.ts";

const releases: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const release of releases.splice(0).reverse()) await release();
});
const newFolder = () => {
  const folder = mkdtempSync(join(tmpdir(), "panoptic-node-"));
  releases.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

async function openMesh() {
  const gateway = await startGateway({ dataDir: newFolder() });
  releases.push(() => gateway.stop());
  return gateway;
}

async function join1(gateway: Gateway, change: Partial<NodeOptions> = {}) {
  const stopped: (Error | undefined)[] = [];
  const dataDir = change.dataDir ?? newFolder();
  const node: RunningNode = await startNode({
    token: decodeJoinToken(gateway.joinToken()),
    dataDir,
    slots: 2,
    drivers: [createHttpDriver()],
    onStopped: (error) => void stopped.push(error),
    ...change,
  });
  releases.push(() => node.stop());
  return { node, dataDir, stopped };
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  releases.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => void server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function submit(
  gateway: Gateway,
  steps: readonly unknown[],
  waitForNodesMs?: number,
): Promise<RunId> {
  const suite = { name: "s", defaults: { platform: "http" }, tests: [{ name: "t", steps }] };
  const outcome = await gateway.service.submit(
    {
      suites: [{ file: "s.json", text: JSON.stringify(suite), files: [] }],
      env: {},
      secrets: {},
      options: {
        tags: [],
        allowEmpty: false,
        skipUnsupported: false,
        ...(waitForNodesMs && { waitForNodesMs }),
      },
    },
    undefined,
  );
  if (outcome.kind === "refused") throw new Error(outcome.reason + outcome.faults.join());
  return outcome.run.id;
}
const ended = (gateway: Gateway, run: RunId) =>
  waitUntil(() => gateway.service.run(run)?.state === "ended", {
    what: "the run has ended",
    deadlineMs: 30_000,
  });
const attemptOf = (gateway: Gateway, run: RunId) =>
  gateway.service.report(run)?.tests[0]?.attempts[0];

test("a node runs what it is offered, brings its artifacts, and leaves nothing behind", async () => {
  const gateway = await openMesh();
  const { node, dataDir, stopped } = await join1(gateway, { name: "alpha", labels: ["lab"] });
  expect(node).toMatchObject({ name: "alpha", slots: 2, pid: process.pid });
  const url = await serve((_request, response) => response.end("hello"));
  const run = await submit(gateway, [{ request: { get: url } }, { expect: { status: 404 } }]);
  await ended(gateway, run);
  expect(attemptOf(gateway, run)).toMatchObject({ status: "failed", node: "alpha" });
  await waitUntil(() => attemptOf(gateway, run)?.artifacts[0]?.state === "stored", {
    what: "the artifact is stored",
  });
  await node.stop();
  expect(readReplica(dataDir)).toMatchObject({
    undeliveredEventCount: 0,
    undelivered: [],
    pendingUploads: [],
  });
  expect(readdirSync(join(dataDir, "blobs"))).toEqual([]);
  expect(readdirSync(join(dataDir, "work"))).toEqual([]);
  expect(existsSync(join(dataDir, "node.pid"))).toBe(false);
  expect(stopped).toEqual([]);
});

test("I1: one process a data folder; it can be used again after a stop, under the same id", async () => {
  const gateway = await openMesh();
  const { node, dataDir } = await join1(gateway);
  await expect(join1(gateway, { dataDir })).rejects.toMatchObject({ code: "folder_locked" });
  await node.stop();
  const again = await join1(gateway, { dataDir });
  expect(again.node.nodeId).toBe(node.nodeId);
});

test("I1: a live node's cloned folder, or its name, is refused by name", async () => {
  const gateway = await openMesh();
  const { dataDir } = await join1(gateway, { name: "alpha" });
  const clone = newFolder();
  for (const file of ["node.json", "credential.json"])
    cpSync(join(dataDir, file), join(clone, file));
  await expect(join1(gateway, { dataDir: clone, name: "beta" })).rejects.toThrow(/duplicate_node/);
  await expect(join1(gateway, { name: "alpha" })).rejects.toThrow(/duplicate_name/);
  // A refused start gives its folder back.
  await expect(join1(gateway, { dataDir: clone, name: "beta" })).rejects.toThrow(/duplicate_node/);
});

test("a stop lets running attempts end within their grace, then they are lost as node_stopped", async () => {
  const gateway = await openMesh();
  const limits = { ...DEFAULT_LIMITS, stopGraceMs: 300 };
  const { node } = await join1(gateway, { limits });
  const run = await submit(gateway, [{ wait: "20s" }]);
  await waitUntil(() => (gateway.service.run(run)?.running ?? 0) > 0, { what: "the attempt runs" });
  await node.stop();
  await waitUntil(() => attemptOf(gateway, run)?.status === "lost", {
    what: "the attempt is lost",
  });
  expect(attemptOf(gateway, run)?.error?.message).toContain("stopped");
  await gateway.service.cancel(run, "the test is over");
  await ended(gateway, run);
});

test("V3: a drained node finishes what runs; a resumed one takes again", async () => {
  const gateway = await openMesh();
  const { node } = await join1(gateway);
  await gateway.service.setDrained(node.nodeId, true);
  const run = await submit(gateway, [{ wait: "10ms" }], 30_000);
  expect(gateway.service.run(run)?.state).toBe("running");
  await gateway.service.setDrained(node.nodeId, false);
  await ended(gateway, run);
  expect(gateway.service.run(run)?.status).toBe("passed");
});

test("a node works on while the gateway is away, and delivers after its return", async () => {
  const folder = newFolder();
  const first = await startGateway({ dataDir: folder });
  const gate = Promise.withResolvers<void>();
  const url = await serve((_request, response) => void gate.promise.then(() => response.end()));
  const { dataDir } = await join1(first);
  const run = await submit(first, [{ request: { get: url } }, { expect: { status: 200 } }]);
  await waitUntil(() => (first.service.run(run)?.running ?? 0) > 0, { what: "the attempt runs" });
  await first.stop();
  gate.resolve();
  await waitUntil(() => readReplica(dataDir).undelivered[0]?.status === "passed", {
    what: "the attempt ends on the node",
  });
  const second = await startGateway({ dataDir: folder });
  releases.push(() => second.stop());
  await ended(second, run);
  expect(second.service.run(run)?.status).toBe("passed");
  expect(second.service.report(run)?.tests[0]?.attempts).toHaveLength(1);
});

test("a token with a wrong credential is refused by name", async () => {
  const gateway = await openMesh();
  const token = { ...decodeJoinToken(gateway.joinToken()), joinKey: "wrong" };
  await expect(join1(gateway, { token })).rejects.toMatchObject({ code: "unauthorized" });
});

test("a start that waits for its gateway can be ended", async () => {
  const gateway = await openMesh();
  const token = { ...decodeJoinToken(gateway.joinToken()), meshId: "mesh-other" };
  await expect(join1(gateway, { token })).rejects.toThrow(/foreign_mesh/);
  const ending = new AbortController();
  ending.abort();
  const start = join1(gateway, { signal: ending.signal });
  await expect(start).rejects.toMatchObject({ code: "usage" });
});
