/** Which key opens what over HTTP, against a real gateway: a node's keys are no API keys. */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Problem } from "#proto/api.ts";
import { decodeJoinToken } from "#shared/join-token.ts";
import {
  credentialIn,
  type JoinedNode,
  type SecuredMesh,
  startSecuredMesh,
} from "./secured-mesh.ts";

let mesh: SecuredMesh;
let a: JoinedNode;
beforeAll(async () => {
  mesh = await startSecuredMesh();
  a = await mesh.join({ name: "a" });
}, 60_000);
afterAll(() => mesh?.[Symbol.asyncDispose](), 60_000);

const BYTES = "what a node brings";
const SHA = createHash("sha256").update(BYTES).digest("hex");
const BLOB = `/v1/blobs/${SHA}`;

/** Every route of the API but the blobs' own three and the join. */
const API = [
  "GET /v1",
  "GET /v1/token",
  "GET /v1/schemas/report.json",
  "POST /v1/runs",
  "GET /v1/runs",
  "GET /v1/runs/run-1",
  "POST /v1/runs/run-1/cancel",
  "GET /v1/runs/run-1/tests",
  "GET /v1/runs/run-1/events",
  "GET /v1/runs/run-1/report.json",
  "GET /v1/runs/run-1/report.xml",
  "GET /v1/nodes",
  "GET /v1/history",
  "GET /v1/history/export",
  "POST /v1/history",
  "GET /v1/quarantine",
  "PUT /v1/quarantine",
  "DELETE /v1/quarantine?key=a",
  "POST /v1/nodes/a/drain",
  "POST /v1/nodes/a/resume",
  "GET /metrics",
  "GET /v1/nowhere",
  "GET /v1/blobs",
  "GET /v1/blobs/",
  `DELETE ${BLOB}`,
  `POST ${BLOB}`,
  `GET ${BLOB}/../../runs`,
  `GET ${BLOB}%2f..%2f..%2fruns`,
  "GET /v1/blobs/../nodes",
  "GET //v1/runs",
  "GET /V1/runs",
] as const;

const keys = () => {
  const { seed, pass } = credentialIn(a.dataDir);
  return {
    "the blob key": pass.blobKey,
    "the join key": decodeJoinToken(mesh.gateway().joinToken()).joinKey,
    "the credential for NATS": pass.natsJwt,
    "the node's seed": seed,
    "the node's id": pass.nodeId,
    "half of the API key": mesh.gateway().apiKey.slice(0, 20),
  };
};
const call = (route: string, key: string, body?: string) => {
  const [method = "", path = ""] = route.split(" ");
  return fetch(`${mesh.gateway().url}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    ...(body !== undefined && { body }),
  });
};

test.each(API)("%s opens to the API key alone", async (route) => {
  const body = route.startsWith("POST") ? "{}" : undefined;
  for (const [name, key] of Object.entries(keys())) {
    const answer = await call(route, key, body);
    // What is no path of the API, and what names no blob, is unknown whatever the key.
    expect([401, ...(/^GET \/(\/|V)|%2f/.test(route) ? [404] : [])], name).toContain(answer.status);
    const problem = Problem.parse(await answer.json());
    expect(JSON.stringify(problem)).not.toContain(key);
  }
  const opened = await call(route, mesh.gateway().apiKey, body);
  await opened.body?.cancel();
  expect(opened.status).not.toBe(401);
});

test("a node's blob key brings and fetches blobs; no other key of a node does, and no forged one", async () => {
  const { blobKey } = credentialIn(a.dataDir).pass;
  const [nodeId = "", mac = ""] = blobKey.split(".");
  const wrong = [
    ...Object.values(keys()).filter((key) => key !== blobKey),
    `node-other.${mac}`,
    `${nodeId}.${mac.slice(1)}A`,
    `${nodeId}.`,
    `${nodeId}`,
    `.${mac}`,
    `${blobKey}.x`,
    `${blobKey} x`,
  ];
  for (const key of wrong)
    for (const method of ["HEAD", "PUT", "GET"])
      expect(
        (await call(`${method} ${BLOB}`, key, method === "PUT" ? BYTES : undefined)).status,
        key,
      ).toBe(401);
  expect((await call(`HEAD ${BLOB}`, blobKey)).status).toBe(404);
  expect((await call(`PUT ${BLOB}`, blobKey, BYTES)).status).toBe(201);
  expect((await call(`HEAD ${BLOB}`, blobKey)).status).toBe(200);
  expect(await (await call(`GET ${BLOB}`, blobKey)).text()).toBe(BYTES);
  expect((await call(`POST ${BLOB}/missing`, blobKey, "{}")).status).toBe(400);
});

test("the join key joins; no other key does", async () => {
  for (const [name, key] of Object.entries({ ...keys(), "the API key": mesh.gateway().apiKey })) {
    const answer = await call("POST /v1/join", key, "{}");
    expect(answer.status, name).toBe(name === "the join key" ? 400 : 401);
  }
});
