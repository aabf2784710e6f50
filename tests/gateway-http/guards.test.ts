/** What every request passes: keys, names, paths, methods, bodies. */
import { request } from "node:http";
import { expect, test } from "vitest";
import { MeshError } from "#shared/errors.ts";
import { API_KEY, BLOB_KEY, problemOf, SUITE, serveApi } from "./http-kit.ts";

const SHA = "a".repeat(64);
const KEYED = [
  "/v1",
  "/v1/token",
  "/v1/runs",
  "/v1/runs/x",
  "/v1/nodes",
  "/v1/quotas",
  "/v1/nowhere",
  `/v1/blobs/${SHA}`,
  "/metrics",
];

test.each(KEYED)("%s wants a key, and not a wrong one", async (path) => {
  const { server } = await serveApi();
  const sent = [
    {},
    { authorization: "Bearer wrong" },
    { authorization: `Basic ${API_KEY}` },
    { authorization: API_KEY },
  ];
  for (const headers of sent) {
    const answer = await fetch(`${server.url}${path}`, {
      headers: headers as Record<string, string>,
    });
    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toContain("Bearer");
    expect((await problemOf(answer)).code).toBe("unauthorized");
  }
});

test("the blob key opens blobs and nothing else", async () => {
  const { call } = await serveApi();
  const headers = { authorization: `Bearer ${BLOB_KEY}` };
  expect((await call(`/v1/blobs/${SHA}`, { headers })).status).toBe(404);
  for (const path of KEYED.filter((keyed) => !keyed.includes("blobs"))) {
    expect((await call(path, { headers })).status).toBe(401);
  }
});

test("/healthz and /readyz need no key; /readyz says why the gateway takes no work", async () => {
  const { server, service } = await serveApi();
  expect(await (await fetch(`${server.url}/healthz`)).json()).toEqual({ status: "ok" });
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  service.setHealth({ isReady: false, reason: "the disk is full" });
  const answer = await fetch(`${server.url}/readyz`);
  expect(await problemOf(answer)).toMatchObject({
    status: 503,
    code: "not_ready",
    detail: expect.stringContaining("the disk is full"),
  });
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
});

function statusFor(port: number, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: "127.0.0.1", port, path: "/healthz", headers: { host } },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      },
    );
    sent.once("error", reject).end();
  });
}

test.each([
  ["127.0.0.1:1", 200],
  ["localhost:99", 200],
  ["LOCALHOST", 200],
  ["[::1]:80", 200],
  ["10.1.2.3", 200],
  ["mesh.example:8080", 200],
  ["mesh.example.", 200],
  ["evil.example", 421],
  ["localhost.evil.example", 421],
  ["mesh.example.evil.example:80", 421],
])("a request for the host %s is answered %i", async (host, status) => {
  const { server } = await serveApi();
  expect(await statusFor(server.port, host)).toBe(status);
});

test("unknown paths are 404 and known ones with another method 405, with what they take", async () => {
  const { call } = await serveApi();
  expect(await problemOf(await call("/v1/nowhere"))).toMatchObject({
    status: 404,
    code: "unknown_path",
  });
  expect(await problemOf(await call("/nowhere"))).toMatchObject({
    status: 404,
    code: "unknown_path",
  });
  const answer = await call("/v1/runs", { method: "DELETE" });
  expect(answer.headers.get("allow")).toContain("POST");
  expect(await problemOf(answer)).toMatchObject({ status: 405, code: "method_not_allowed" });
  expect((await call("/v1/runs/x/cancel")).status).toBe(405);
  expect((await call(`/v1/blobs/${SHA}`, { method: "DELETE" })).status).toBe(405);
});

test("every answer tells browsers to guess, frame, load, keep and refer to nothing", async () => {
  const { call } = await serveApi();
  const noKey = { headers: { authorization: "" } };
  const asked: readonly (readonly [string, RequestInit?])[] = [
    ["/healthz"],
    ["/v1/runs"],
    ["/v1/runs", noKey],
    ["/v1/nowhere"],
    ["/metrics"],
    ["/v1/runs/none"],
    ["/v1/runs", { method: "DELETE" }],
    ["/v1/join", { method: "POST" }],
  ];
  for (const [path, init] of asked) {
    const { headers } = await call(path, init);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("x-frame-options")).toBe("DENY");
    const policy = headers.get("content-security-policy");
    expect(policy).toBe("default-src 'none'; frame-ancestors 'none'");
  }
});

test("headers of more than 16 KiB are refused by the server itself", async () => {
  const { server } = await serveApi();
  const headers = { authorization: `Bearer ${API_KEY}`, "x-long": "x".repeat(20_000) };
  const status = await fetch(`${server.url}/v1`, { headers }).then(
    (answer) => answer.status,
    () => 431,
  );
  expect(status).toBe(431);
});

test("bodies are refused by type, by form and by schema, with the place of the fault", async () => {
  const { call, post } = await serveApi();
  const send = (type: string, body: BodyInit) =>
    call("/v1/runs", { method: "POST", body, headers: { "content-type": type } });
  expect(await problemOf(await send("text/plain", "{}"))).toMatchObject({ status: 415 });
  expect(await problemOf(await send("application/json", "{"))).toMatchObject({
    status: 400,
    detail: expect.stringContaining("not JSON"),
  });
  expect((await send("application/json", new Uint8Array([0x22, 0xff, 0x22]))).status).toBe(400);
  expect((await send("application/json; charset=utf-8", JSON.stringify(SUITE))).status).toBe(201);
  const refused = await problemOf(
    await post("/v1/runs", { suites: [{ file: "", text: 1 }], other: true }),
  );
  expect(refused.status).toBe(400);
  expect(refused.faults?.join("\n")).toMatch(
    /suites\.0\.file: [\s\S]*suites\.0\.text: [\s\S]*other/,
  );
});

test("a body that is too large is refused while it streams, whatever its length says", async () => {
  const { call, service } = await serveApi({ submitBytesMax: 1000 });
  const headers = { "content-type": "application/json" };
  const announced = await call("/v1/runs", { method: "POST", headers, body: "x".repeat(2000) });
  expect(await problemOf(announced)).toMatchObject({ status: 413, code: "too_large" });
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      sent += 1;
      if (sent > 100_000) controller.close();
      else controller.enqueue(new Uint8Array(64_000).fill(97));
    },
  });
  const init = { method: "POST", headers, body, duplex: "half" } as RequestInit;
  const status = await call("/v1/runs", init).then(
    (answer) => answer.status,
    () => 413,
  );
  expect(status).toBe(413);
  expect(sent).toBeLessThan(2000);
  expect(service.submitted).toEqual([]);
});

test("expected failures keep their code, faults of ours tell nothing and are logged", async () => {
  const { post, service, logged } = await serveApi();
  service.failNext(new MeshError("disk_full", "Cannot save the run: the disk is full"));
  expect(await problemOf(await post("/v1/runs", SUITE))).toMatchObject({
    status: 507,
    code: "disk_full",
  });
  expect(logged).toEqual([]);
  service.failNext(new Error("secret detail"));
  const problem = await problemOf(await post("/v1/runs", SUITE));
  expect(problem).toMatchObject({ status: 500, code: "internal" });
  expect(JSON.stringify(problem)).not.toContain("secret detail");
  expect(logged.join()).toContain("secret detail");
});

test("/metrics, /v1 and /v1/token answer what they are asked", async () => {
  const { call } = await serveApi();
  const metrics = await call("/metrics");
  expect(metrics.headers.get("content-type")).toContain("text/plain; version=0.0.4");
  expect(await metrics.text()).toContain("panoptic_runs 0");
  expect(await (await call("/v1")).json()).toEqual({ name: "panoptic", version: "1.2.3" });
  expect(await (await call("/v1/token")).json()).toEqual({ token: "pnp1_abc" });
});
