/** What the mesh's wire may bring that nobody of ours would say: each has its answer, is counted and told once, loses nothing. Real processes. */
import { expect, test } from "vitest";
import { FAULT_MS, testNow, undeliveredBy } from "#kit/fault-views.ts";
import { gateSuite } from "#kit/gate-suite.ts";
import { startGatedApp } from "#kit/gated-app.ts";
import type { ProcessMesh } from "#kit/mesh.ts";
import { runProgram } from "#kit/program.ts";
import { metricNow, nodeNow } from "#kit/proxied-mesh.ts";
import { waitUntil } from "#kit/wait-until.ts";
import { NodeId } from "#proto/ids.ts";
import { Offer } from "#proto/lease.ts";
import {
  controlSubject,
  eventsSubject,
  gatewayInboxPrefix,
  heartbeatSubject,
  helloSubject,
  nodeInboxPrefix,
  offerSubject,
} from "#proto/subjects.ts";
import { decodeMessage, encodeMessage } from "#shared/bus.ts";
import { startVoicedMesh } from "./voiced-mesh.ts";

const BYTES = new Uint8Array([0xff, 0x00, 0x7b]);
const SHAPES = [BYTES, {}, [], { meshId: 7 }, "a text", null];
const ghost = NodeId.parse("node-ghost");
/** Nobody is gone because the machine is busy. */
const PATIENT = { suspectAfterMs: 60_000, goneAfterMs: 120_000, graceMs: 120_000 };
const refused = (code: string) => ({ kind: "refused", code, reason: expect.any(String) });

/** How often the gateway's and the nodes' logs say this. */
const timesSaid = (text: string, words: string) => text.split(words).length - 1;

test("what no gateway should hear: unreadable, oversized, foreign, of another version or term, repeated, from the future, of another's lease", {
  timeout: FAULT_MS,
}, async () => {
  await using app = await startGatedApp();
  await using voiced = await startVoicedMesh({
    nodes: 1,
    limits: PATIENT,
    inboxPrefix: nodeInboxPrefix(ghost),
  });
  const { mesh, bus, ask, helloOf, meshId } = voiced;
  const run = mesh.start({
    "a.json": gateSuite(app.url, [{ name: "slow", paths: ["/gate/slow"] }]),
  });
  await waitUntil(() => app.hits("slow") === 1, { what: "the test runs" });
  const counted = (name: string) => metricNow(mesh, `panoptic_${name}_total`);
  const batchOf = (events: readonly unknown[], own: Record<string, unknown> = {}) => ({
    meshId,
    nodeId: ghost,
    storeId: "store-ghost",
    events,
    ...own,
  });
  const unknown = (number: number) => ({
    number,
    event: { kind: "attempt_ended", leaseId: "run-gone:0:1", status: "passed", durationMs: 1 },
  });
  const many = Array.from({ length: 5_001 }, (_, index) => unknown(index + 1));

  // Unreadable and oversized.
  for (const shape of SHAPES) {
    expect(await ask(helloSubject(ghost), shape)).toEqual(refused("unreadable"));
    expect(await ask(eventsSubject(ghost), shape)).toEqual(refused("unreadable"));
    bus.publish(
      heartbeatSubject(ghost),
      shape instanceof Uint8Array ? shape : encodeMessage(shape),
    );
  }
  expect(await ask(eventsSubject(ghost), batchOf(many))).toEqual(refused("unreadable"));
  await waitUntil(async () => (await counted("unreadable_messages")) === 3 * SHAPES.length + 1, {
    what: "each of them is counted",
  });
  await expect(bus.request(eventsSubject(ghost), new Uint8Array(2 ** 21), 1_000)).rejects.toThrow(
    "carries at most",
  );

  // Foreign, and of another version.
  const foreign = { meshId: "mesh-elsewhere" };
  expect(await ask(helloSubject(ghost), helloOf("ghost", foreign))).toEqual(
    refused("foreign_mesh"),
  );
  expect(await ask(eventsSubject(ghost), batchOf([unknown(1)], foreign))).toEqual(
    refused("foreign_mesh"),
  );
  expect(await counted("foreign_messages")).toBe(2);
  const future = { versions: { min: 900, max: 901 } };
  expect(await ask(helloSubject(ghost), helloOf("ghost", future))).toEqual(refused("version"));
  expect(await ask("panoptic.hello", helloOf("ghost"))).toEqual(refused("version"));
  expect(await counted("refused_hellos")).toBe(3);

  // Said twice, and with clocks that are wrong: one node, one term.
  for (const wallMs of [0, -1e15, 1e15, 1_700_000_000_000])
    expect(await ask(helloSubject(ghost), helloOf("ghost", { wallMs }))).toMatchObject({
      kind: "welcome",
      epoch: 1,
      confirmed: 0,
    });
  expect(await nodeNow(mesh, "ghost")).toMatchObject({ state: "alive", epoch: 1 });

  // Of another term: it is no sign of life.
  const beat = {
    meshId,
    nodeId: ghost,
    bootId: "boot-ghost",
    storeId: "store-ghost",
    epoch: 7,
    freeSlots: 1,
    isDraining: false,
    held: [],
    lastEvent: 0,
    load: { cpu: 0, freeMemoryBytes: 1, freeDiskBytes: 1e12 },
  };
  bus.publish(heartbeatSubject(ghost), encodeMessage(beat));
  await waitUntil(async () => (await counted("stale_heartbeats")) === 1, { what: "it is counted" });

  // From the future, then what was missing, then again: taken once, in order.
  expect(await ask(eventsSubject(ghost), batchOf([unknown(3), unknown(4)]))).toEqual({
    kind: "confirmed",
    number: 0,
  });
  expect(await counted("gap_batches")).toBe(1);
  for (const repeats of [0, 1, 2]) {
    expect(await ask(eventsSubject(ghost), batchOf([unknown(1), unknown(2)]))).toEqual({
      kind: "confirmed",
      number: 2,
    });
    // The node of the mesh may repeat itself, too.
    expect(await counted("repeated_events")).toBeGreaterThanOrEqual(2 * repeats);
  }
  expect(await counted("unknown_run_events")).toBe(2);

  // Of another's lease, and in another's name.
  const leaseId = await runningLeaseOf(mesh, "node-1");
  const stolen = { kind: "attempt_ended", leaseId, status: "failed", durationMs: 1 };
  expect(await ask(eventsSubject(ghost), batchOf([{ number: 3, event: stolen }]))).toEqual({
    kind: "confirmed",
    number: 3,
  });
  expect(await counted("rejected_events")).toBe(1);
  const { id } = await nodeNow(mesh, "node-1");
  // No answer of the gateway goes to where another node listens.
  bus.publish(eventsSubject(NodeId.parse(id)), encodeMessage(batchOf([unknown(1)])));
  const unreadable = 3 * SHAPES.length + 2;
  await waitUntil(async () => (await counted("unreadable_messages")) === unreadable, {
    what: "it is not taken for what that node says",
  });

  app.open("slow");
  const { exitCode, report, stdout } = await run.ended;
  expect(exitCode, stdout).toBe(0);
  expect(report?.tests[0]?.attempts).toMatchObject([
    { node: "node-1", status: "passed", counted: true },
  ]);
  expect(await nodeNow(mesh, "node-1")).toMatchObject({ epoch: 1 });
  for (const kind of ["message_unreadable", "message_foreign", "hello_refused_version"])
    expect([kind, timesSaid(mesh.said(), `kind=${kind} `)]).toEqual([kind, 1]);
});

test("what no node should hear: unreadable, foreign, of another term, an offer again at every age, controls of leases that it does not know", {
  timeout: FAULT_MS,
}, async () => {
  await using app = await startGatedApp();
  await using voiced = await startVoicedMesh({
    nodes: 1,
    limits: PATIENT,
    inboxPrefix: gatewayInboxPrefix(),
  });
  const { mesh, bus, ask, meshId } = voiced;
  const node = NodeId.parse((await nodeNow(mesh, "node-1")).id);
  const offers: Uint8Array[] = [];
  /** What the gateway itself has offered. */
  const real = () => offers.find((data) => Buffer.from(data).includes("gated"));
  const hellos: unknown[] = [];
  bus.subscribe(offerSubject(node), ({ data }) => void offers.push(Uint8Array.from(data)));
  bus.subscribe(helloSubject(node), (message) => void hellos.push(message.data));
  await ask(controlSubject(node), { kind: "probe", meshId }); // what comes later is heard

  for (const shape of SHAPES) {
    expect(await ask(offerSubject(node), shape)).toMatchObject({ answers: [] });
    expect(await ask(controlSubject(node), shape)).toEqual(refused("unreadable"));
  }
  const unreadable = { meshId, epoch: 1, leases: [{ leaseId: "run-x:0:1", definition: 7 }] };
  expect(await ask(offerSubject(node), unreadable)).toMatchObject({
    answers: [{ leaseId: "run-x:0:1", ...refused("unreadable") }],
  });
  const run = mesh.start({
    "a.json": gateSuite(app.url, [{ name: "slow", paths: ["/gate/slow"] }]),
  });
  await waitUntil(() => app.hits("slow") === 1 && real() !== undefined, { what: "the test runs" });
  const offer = decodeMessage(Offer, real() ?? BYTES);
  const [lease] = offer.leases;
  if (lease === undefined) throw new Error("The offer has no lease");
  const { leaseId } = lease;
  const fresh = { ...offer, leases: [{ ...lease, leaseId: "run-x:0:1", runId: "run-x" }] };
  const answer = (code: string) => ({ answers: [refused(code)] });

  expect(await ask(offerSubject(node), { ...fresh, meshId: "mesh-elsewhere" })).toMatchObject(
    answer("foreign_mesh"),
  );
  const recall = { kind: "recall", meshId, epoch: 1, leaseIds: ["run-x:0:1"] };
  expect(await ask(controlSubject(node), { ...recall, meshId: "mesh-elsewhere" })).toEqual(
    refused("foreign_mesh"),
  );
  const helloCount = hellos.length;
  expect(await ask(offerSubject(node), { ...fresh, epoch: 2 })).toMatchObject(
    answer("stale_epoch"),
  );
  await waitUntil(() => hellos.length > helloCount, { what: "the node says hello" });
  expect(await ask(controlSubject(node), { ...recall, epoch: 2 })).toEqual(refused("stale_epoch"));
  for (const kind of ["recall", "cancel"])
    expect(await ask(controlSubject(node), { ...recall, kind })).toMatchObject({
      kind: "done",
      leases: [{ leaseId: "run-x:0:1", outcome: "unknown" }],
    });
  // What was called back before it came is not taken when it comes.
  expect(await ask(offerSubject(node), fresh)).toMatchObject(answer("already_over"));

  const again = () => ask(offerSubject(node), offer);
  const accepted = { answers: [{ kind: "accepted", leaseId }] };
  expect(await again()).toMatchObject(accepted);
  app.open("slow");
  await waitUntil(async () => (await testNow(mesh, "slow"))?.verdict === "passed", {
    what: "it has passed",
  });
  await waitUntil(async () => (await undeliveredBy(mesh, "node-1")).size === 0, {
    what: "all is confirmed",
  });
  expect(await again()).toMatchObject(accepted);
  const { exitCode, stdout } = await run.ended;
  expect(exitCode, stdout).toBe(0);
  await mesh.kill9("node-1");
  await mesh.startNode("node-1");
  expect((await nodeNow(mesh, "node-1")).epoch).toBe(2);
  expect(await again()).toMatchObject(answer("stale_epoch"));
  expect(await ask(offerSubject(node), { ...offer, epoch: 2 })).toMatchObject(accepted);
  expect(app.hits("slow")).toBe(1);
  expect(await metricNow(mesh, "panoptic_rejected_events_total")).toBe(0);
  for (const kind of ["offer_unreadable", "control_unreadable"])
    expect([kind, timesSaid(mesh.said(), `kind=${kind} `)]).toEqual([kind, 1]);
});

/** By the node's own file. */
async function runningLeaseOf(mesh: ProcessMesh, name: string): Promise<string> {
  const words = ["replica", "--data", mesh.nodeDir(name), "--json"];
  const { stdout } = await runProgram(words, { callerDir: mesh.dir });
  const view = JSON.parse(stdout) as { readonly undelivered: { readonly leaseId: string }[] };
  const [attempt] = view.undelivered;
  if (attempt === undefined) throw new Error(`Nothing runs on ${name}`);
  return attempt.leaseId;
}
