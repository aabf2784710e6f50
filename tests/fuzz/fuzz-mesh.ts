/** The mesh that API and wire are fuzzed on: real processes, a run that must pass before and after. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type ProcessMesh, startMesh } from "#kit/mesh.ts";
import { waitUntil } from "#kit/wait-until.ts";
import { readPidFile } from "#shared/folder-lock.ts";
import { decodeJoinToken } from "#shared/join-token.ts";

export type FuzzMesh = AsyncDisposable & {
  readonly mesh: ProcessMesh;
  readonly url: string;
  readonly port: number;
  readonly apiKey: string;
  readonly call: (path: string, init?: RequestInit) => Promise<Response>;
  /** Resident memory of the gateway now, bytes; undefined when it does not live. */
  readonly gatewayRssBytes: () => number | undefined;
  readonly nodeRssBytes: () => number | undefined;
  /** Cancels what is left over, and runs a suite of its own. @throws {Error} When it does not pass, or its report is not right. */
  readonly checkHealthyRun: () => Promise<void>;
};

const HEALTHY = `name: healthy
tests:
${Array.from({ length: 5 }, (_, index) => `  - name: t${index}\n    platform: http\n    steps: [{ wait: 10ms }]`).join("\n")}
`;

/** Starts a gateway and a node. */
export async function startFuzzMesh(): Promise<FuzzMesh> {
  const mesh = await startMesh({ nodes: 1, slots: 4 });
  const { stdout } = await mesh.ask("token");
  const { gatewayUrl: url } = decodeJoinToken(stdout);
  const apiKey = readFileSync(join(mesh.gatewayDir, "api.key"), "utf8").trim();
  const call: FuzzMesh["call"] = (path, init = {}) =>
    fetch(`${url}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${apiKey}`, ...init.headers },
    });
  return {
    mesh,
    url,
    port: Number(new URL(url).port),
    apiKey,
    call,
    gatewayRssBytes: () => rssOf(join(mesh.gatewayDir, "gateway.pid")),
    nodeRssBytes: () => rssOf(join(mesh.nodeDir("node-1"), "node.pid")),
    checkHealthyRun: () => checkHealthyRun(mesh, call),
    [Symbol.asyncDispose]: () => mesh[Symbol.asyncDispose](),
  };
}

type Run = { readonly id: string; readonly state: string };

async function checkHealthyRun(mesh: ProcessMesh, call: FuzzMesh["call"]): Promise<void> {
  await call("/v1/nodes/node-1/resume", { method: "POST" });
  const running = async () => {
    const { runs } = (await (await call("/v1/runs?limit=1000")).json()) as { runs: readonly Run[] };
    return runs.filter(({ state }) => state === "running");
  };
  for (const { id } of await running()) await call(`/v1/runs/${id}/cancel`, { method: "POST" });
  const deadline = { what: "all runs of the fuzzer have ended", deadlineMs: 60_000 };
  await waitUntil(async () => (await running()).length === 0, deadline);
  const { exitCode, report, stderr } = await mesh.run({ "healthy.yaml": HEALTHY });
  const passed = report?.tests.filter(({ verdict }) => verdict === "passed").length;
  if (exitCode !== 0 || report?.totals.planned !== 5 || passed !== 5)
    throw new Error(`A healthy run ends with ${exitCode}: ${stderr.slice(-1_000)}`);
}

function rssOf(pidPath: string): number | undefined {
  const pid = readPidFile(pidPath);
  try {
    const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined; // It has ended.
  }
}
