import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { expectStatus, get, openBench, waitFor } from "./bench-attempt.ts";

/** Longer than any machine holds up what is to end at once. */
const ENDLESS_MS = 60_000;

type Bench = Awaited<ReturnType<typeof openBench>>;
let bench: Bench | undefined;
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});
const opened = async (options: Parameters<typeof openBench>[0] = {}) => {
  bench = await openBench(options);
  return bench;
};
/** Has its time, however short the others' is. */
const promptly = { ...get("/"), timeoutMs: 20_000 };
const statuses = (ran: {
  readonly steps: readonly { readonly stepIndex: number; readonly status: string }[];
}) => ran.steps.map(({ stepIndex, status }) => `${stepIndex} ${status}`);

test("an attempt whose steps all pass is passed, with each step's outcome", async () => {
  const { run } = await opened();
  const ran = await run([get("/"), expectStatus(200)]);
  expect(ran.outcome).toMatchObject({ status: "passed" });
  expect(ran.outcome.durationMs).toBeGreaterThan(0);
  expect(statuses(ran)).toEqual(["0 passed", "1 passed"]);
});

test("the first failure ends before and main steps, after steps still run, the error has its place", async () => {
  const seen: string[] = [];
  const { run } = await opened({
    handle: (request, response) => {
      seen.push(request.url ?? "");
      response.statusCode = 404;
      response.end();
    },
  });
  const ran = await run([
    { ...get("/before"), phase: "before" },
    get("/main"),
    expectStatus(200),
    get("/never"),
    { ...get("/after"), phase: "after" },
  ]);
  expect(ran.outcome.status).toBe("failed");
  expect(ran.outcome.error).toMatchObject({
    file: "suites/shop.yaml",
    line: 12,
    column: 5,
    code: "expect",
  });
  expect(statuses(ran)).toEqual(["0 passed", "1 passed", "2 failed", "4 passed"]);
  expect(seen).toEqual(["/before", "/main", "/after"]);
});

test("after steps run after a failed before step, and main steps do not", async () => {
  const { run } = await opened();
  const ran = await run([
    { ...get("http://127.0.0.1:1/"), phase: "before" },
    get("/main"),
    { ...get("/after"), phase: "after" },
  ]);
  expect(ran.outcome.status).toBe("failed");
  expect(statuses(ran)).toEqual(["0 failed", "2 passed"]);
});

test("a failure in an after step fails the attempt", async () => {
  const { run } = await opened();
  const ran = await run([get("/"), { ...expectStatus(500), phase: "after" }]);
  expect(ran.outcome).toMatchObject({ status: "failed", error: { code: "expect", line: 11 } });
});

test("an optional step's failure is shown and does not fail the attempt", async () => {
  const { run } = await opened();
  const ran = await run([get("/"), { ...expectStatus(500), optional: true }, expectStatus(200)]);
  expect(ran.outcome.status).toBe("passed");
  expect(ran.outcome.error).toBeUndefined();
  expect(statuses(ran)).toEqual(["0 passed", "1 failed", "2 passed"]);
  expect(ran.steps[1]?.error?.code).toBe("expect");
  expect(ran.artifacts).toEqual([]);
});

test("a step that exceeds its own bound fails as timeout, and says which bound", async () => {
  const { run } = await opened({ handle: () => undefined });
  const ran = await run([{ ...get("/hangs"), timeoutMs: 150 }]);
  expect(ran.outcome).toMatchObject({ status: "failed", error: { code: "timeout" } });
  expect(ran.outcome.error?.message).toContain("150 ms");
  expect(ran.outcome.durationMs).toBeLessThan(ENDLESS_MS);
});

test("the attempt's timeout ends the running step as timeout, and after steps have stepTimeout more", async () => {
  const { run } = await opened();
  const ran = await run(
    [waitFor(ENDLESS_MS), get("/never"), { ...get("/after"), phase: "after" }],
    {
      timeoutMs: 200,
    },
  );
  expect(ran.outcome.status).toBe("failed");
  expect(ran.outcome.error?.code).toBe("timeout");
  expect(ran.outcome.error?.message).toContain(
    "The attempt's timeout of 200 ms was reached in step",
  );
  expect(statuses(ran)).toEqual(["0 failed", "2 passed"]);
  expect(ran.outcome.durationMs).toBeLessThan(ENDLESS_MS);
});

test("after steps are bounded by what is left of the attempt's timeout", async () => {
  const { run } = await opened();
  const ran = await run([promptly, { ...waitFor(ENDLESS_MS), phase: "after" }], {
    timeoutMs: 1_000,
    stepTimeoutMs: 100,
  });
  expect(ran.outcome).toMatchObject({ status: "failed", error: { code: "timeout" } });
  expect(ran.outcome.error?.message).toContain("The after steps' bound of");
  expect(ran.outcome.durationMs).toBeLessThan(ENDLESS_MS);
});

test("after steps that take longer than one stepTimeout together pass within the timeout", async () => {
  const { run } = await opened();
  const after = { ...waitFor(300), phase: "after" } as const;
  const ran = await run([promptly, after, after], { timeoutMs: 20_000, stepTimeoutMs: 500 });
  expect(ran.outcome.status).toBe("passed");
});

test("a plain wait is bounded by the attempt alone", async () => {
  const { run } = await opened();
  const ran = await run([waitFor(300)], { stepTimeoutMs: 50 });
  expect(ran.outcome.status).toBe("passed");
});

test("values are filled in: saved, secrets, run id and attempt number", async () => {
  const seen: (string | undefined)[] = [];
  const { run } = await opened({
    handle: (request, response) => {
      seen.push(request.url, request.headers.authorization);
      response.setHeader("content-type", "application/json");
      response.end('{"token":{"id":42}}');
    },
  });
  const saving = {
    kind: "save",
    args: { values: { token: { of: "json", path: "$.token" } } },
  };
  const ran = await run(
    [
      get("/login"),
      saving,
      {
        kind: "request",
        args: {
          method: "GET",
          url: "/of/${run.id}/${attempt.number}/${saved.token.id}/$${x}",
          headers: { authorization: "Bearer ${secrets.KEY}" },
        },
      },
    ],
    {},
    { KEY: "hunter-two" },
  );
  expect(ran.outcome).toMatchObject({ status: "passed" });
  expect(seen.slice(2)).toEqual(["/of/run-7/2/42/$%7Bx%7D", "Bearer hunter-two"]);
});

test("an unknown saved name, or values that do not fit, fail the step by name", async () => {
  const { run } = await opened();
  const unknown = await run([get("/${saved.nothing}")]);
  expect(unknown.outcome.error?.message).toContain("${saved.nothing}");
  expect(unknown.outcome).toMatchObject({ status: "failed", error: { code: "unknown_name" } });
  const bad = await run([{ kind: "wait", args: { for: { kind: "time", ms: "soon" } } }]);
  expect(bad.outcome).toMatchObject({ status: "failed", error: { code: "step_invalid" } });
  expect(bad.outcome.error?.message).toContain("for.ms");
});

test("K1: a secret is in no event and in no artifact", async () => {
  const { run, blobsPath } = await opened({
    handle: (_request, response) => response.end("you said hunter-two"),
  });
  const ran = await run(
    [
      get("/?q=${secrets.KEY}"),
      {
        kind: "expect",
        args: { checks: [{ subject: { of: "body" }, matcher: { equals: "${secrets.KEY}!" } }] },
      },
    ],
    {},
    { KEY: "hunter-two" },
  );
  expect(ran.outcome.status).toBe("failed");
  expect(new Set(ran.artifacts.map(({ kind }) => kind))).toEqual(new Set(["response", "log"]));
  const kept = readdirSync(blobsPath).map((name) => readFileSync(join(blobsPath, name), "utf8"));
  expect(kept).toHaveLength(2);
  expect(JSON.stringify([ran, kept])).not.toContain("hunter-two");
});

test("R3: evidence of a failure is kept by its sha256, waits for its upload and is told by an event", async () => {
  const { run, uploads, blobsPath } = await opened();
  const ran = await run([get("/"), expectStatus(500)]);
  const artifact = ran.artifacts.find(({ kind }) => kind === "response");
  expect(uploads.all()).toContainEqual({
    sha256: artifact?.sha256,
    bytes: artifact?.bytes,
    name: artifact?.name,
  });
  expect(uploads.all()).toHaveLength(ran.artifacts.length);
  const bytes = readFileSync(join(blobsPath, artifact?.sha256 ?? ""));
  expect(createHash("sha256").update(bytes).digest("hex")).toBe(artifact?.sha256);
});

test("an artifact that is too large is missing, with a reason that names it", async () => {
  const { run, uploads } = await opened({ limits: { artifactBytesMax: 10 } });
  const ran = await run([get("/"), expectStatus(500)]);
  expect(ran.artifacts.map(({ kind }) => kind)).toContain("response");
  for (const { sha256, missing, name } of ran.artifacts) {
    expect(sha256).toBeUndefined();
    expect(missing).toContain(name);
  }
  expect(uploads.all()).toEqual([]);
});

test("baseUrl is filled in on the node, and an unknown name in it fails the attempt", async () => {
  const paths: string[] = [];
  const { run, url } = await opened({
    handle: (request, response) => {
      paths.push(request.url ?? "");
      response.end();
    },
  });
  const ran = await run(
    [get("there")],
    { baseUrl: `${url}/$\{run.id}/$\{attempt.number}/$\{secrets.PLACE}/` },
    { PLACE: "attic" },
  );
  expect(ran.outcome.status).toBe("passed");
  expect(paths).toEqual(["/run-7/2/attic/there"]);
  const unknown = await run([get("there")], { baseUrl: `${url}/$\{secrets.NOWHERE}/` });
  expect(unknown.outcome).toMatchObject({ status: "failed" });
  expect(unknown.outcome.error?.message).toContain("NOWHERE");
});
