/** K1 on a whole mesh: where the value of a secret must not be found while a run goes on, after a crash, and after its end. */
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type ProcessMesh, startMesh } from "#kit/mesh.ts";
import { askApi } from "#kit/proxied-mesh.ts";
import { waitUntil } from "#kit/wait-until.ts";
import { openSqlite } from "#shared/sqlite.ts";

const SECRET = "Tr0ub4dor&3-of-the-tests";

/** Answers with everything that it was sent; with 500 when told so, and only after `open()`. */
async function startEcho() {
  const waiting: (() => void)[] = [];
  const heard: string[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      heard.push(request.headers.authorization ?? "");
      const text = JSON.stringify([request.url, request.headers, body]);
      waiting.push(() => response.writeHead(500, { "x-echo": "1" }).end(text));
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heard,
    open: () => {
      for (const answer of waiting.splice(0)) answer();
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

/** The value and its usual disguises; of base64 the middle, which does not depend on its neighbours. */
const DISGUISES = [
  SECRET,
  encodeURIComponent(SECRET),
  JSON.stringify(SECRET).slice(1, -1),
  ...["", "x", "xx"].map((before) =>
    Buffer.from(before + SECRET)
      .toString("base64")
      .slice(4, -4),
  ),
];

const findings = (name: string, bytes: Buffer): string[] =>
  DISGUISES.filter((disguise) => bytes.includes(disguise)).map(
    (disguise) => `${name}: ${disguise}`,
  );

/** Every file of gateway, nodes and report, every command line, every word that was written. */
function leaksOf(mesh: ProcessMesh): string[] {
  const files = readdirSync(mesh.dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const commands = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return [
    ...files.flatMap((file) => findings(file, readOrNothing(file))),
    ...commands.flatMap((pid) => findings(`command ${pid}`, readOrNothing(`/proc/${pid}/cmdline`))),
    ...findings("said", Buffer.from(mesh.said())),
  ];
}

function readOrNothing(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    // It has gone meanwhile.
    return Buffer.alloc(0);
  }
}

function sealedNow(mesh: ProcessMesh): unknown {
  const db = openSqlite(join(mesh.gatewayDir, "gateway.db"), { synchronous: "normal" });
  try {
    return db.prepare("SELECT sealed_secrets FROM runs").get()?.["sealed_secrets"];
  } finally {
    db.close();
  }
}

test.skipIf(process.platform !== "linux")(
  "K1: no store, log, event, artifact, report, command line or answer of the API holds a secret's value; a restarted gateway still has it, sealed until the run ends",
  async () => {
    expect(findings("planted", Buffer.from(`key=${encodeURIComponent(SECRET)}`))).toHaveLength(1);
    await using echo = await startEcho();
    await using mesh = await startMesh({ nodes: 1, env: { KEY: SECRET } });
    const headers = { authorization: "Bearer ${secrets.KEY}" };
    const suite = {
      name: "s",
      secrets: ["KEY"],
      defaults: {
        platform: "http",
        baseUrl: echo.url,
        timeout: "60s",
        stepTimeout: "50s",
        retries: 1,
      },
      tests: [
        {
          name: "t",
          steps: [
            { request: { post: "/?key=${secrets.KEY}", headers, json: { key: "${secrets.KEY}" } } },
            { save: { echoed: { text: true } } },
            { expect: { that: "${saved.echoed}", contains: "never" } },
          ],
        },
      ],
    };
    const run = mesh.start({ "a.json": JSON.stringify(suite) });
    await waitUntil(() => echo.heard.length === 1, {
      what: `the first attempt runs: ${run.program.stdout()} ${run.program.stderr()}`,
    });
    expect(sealedNow(mesh)).toEqual(expect.any(String));
    expect(leaksOf(mesh)).toEqual([]);
    await mesh.kill9Gateway();
    await mesh.startGateway();
    echo.open();
    await waitUntil(() => echo.heard.length === 2, { what: "the second attempt runs" });
    echo.open();
    const { exitCode, report, stdout, stderr } = await run.ended;
    expect(exitCode, stdout).toBe(1);
    expect(echo.heard).toEqual([`Bearer ${SECRET}`, `Bearer ${SECRET}`]);
    const attempts = report?.tests[0]?.attempts ?? [];
    expect(attempts.map(({ status }) => status)).toEqual(["failed", "failed"]);
    expect(attempts[0]?.artifacts.map(({ state }) => state)).toContain("stored");
    expect(attempts[1]?.error?.message).toContain("***");
    expect(leaksOf(mesh)).toEqual([]);
    expect(findings("the follower", Buffer.from(stdout + stderr))).toEqual([]);
    for (const path of [
      "/v1/runs",
      "/v1/nodes",
      "/metrics",
      `/v1/runs/${report?.run.id}/report.json`,
      `/v1/runs/${report?.run.id}/events`,
    ])
      expect(findings(path, Buffer.from(await (await askApi(mesh, path)).text()))).toEqual([]);
    expect(sealedNow(mesh)).toBeNull();
  },
);
