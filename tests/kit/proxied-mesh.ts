/** A mesh whose nodes reach NATS, or the gateway's HTTP, through a proxy of the test; and questions to its gateway. */

import { type MeshOptions, type ProcessMesh, startMesh } from "#kit/mesh.ts";
import { waitUntil } from "#kit/wait-until.ts";
import { NodeList, RunPage } from "#proto/api.ts";
import { Report } from "#proto/report.ts";
import { readGatewayAddress } from "#shared/data-folder.ts";
import { startTcpProxy, type TcpProxy } from "./tcp-proxy.ts";

export type ProxiedMesh = AsyncDisposable & {
  readonly mesh: ProcessMesh;
  readonly proxy: TcpProxy;
};

/** Starts a mesh in which all nodes but those named in `direct` have the proxy in this one of their ways. */
export async function startProxiedMesh(
  options: MeshOptions & { readonly way: "nats" | "http"; readonly direct?: readonly string[] },
): Promise<ProxiedMesh> {
  await using parts = new AsyncDisposableStack();
  let behind = new URL("nats://127.0.0.1:1");
  const proxy = parts.use(
    await startTcpProxy(() => ({ host: behind.hostname, port: Number(behind.port) })),
  );
  const key = options.way === "nats" ? "natsUrl" : "gatewayUrl";
  const mesh = parts.use(
    await startMesh({
      ...options,
      tokenFor: (name, token) => {
        if (options.direct?.includes(name)) return token;
        behind = new URL(token[key]);
        return { ...token, [key]: `${behind.protocol}//127.0.0.1:${proxy.port}` };
      },
    }),
  );
  const started = parts.move();
  return { mesh, proxy, [Symbol.asyncDispose]: () => started.disposeAsync() };
}

/** Asks the gateway's API. */
export function askApi(mesh: ProcessMesh, path: string, init: RequestInit = {}): Promise<Response> {
  const { url, apiKey } = readGatewayAddress(mesh.gatewayDir);
  const headers = { authorization: `Bearer ${apiKey}`, "content-type": "application/json" };
  return fetch(`${url}${path}`, { ...init, headers });
}

/** The newest run's report as it is now; undefined when there is no run. */
export async function reportNow(mesh: ProcessMesh): Promise<Report | undefined> {
  const { runs } = RunPage.parse(await (await askApi(mesh, "/v1/runs")).json());
  const id = runs[0]?.id;
  if (id === undefined) return undefined;
  return Report.parse(await (await askApi(mesh, `/v1/runs/${id}/report.json`)).json());
}

/** What the gateway thinks of a node. */
export async function nodeNow(mesh: ProcessMesh, name: string) {
  const { nodes } = NodeList.parse(await (await askApi(mesh, "/v1/nodes")).json());
  const node = nodes.find((one) => one.name === name);
  if (node === undefined) throw new Error(`There is no node ${name}`);
  return node;
}

/** Waits until the gateway thinks so of a node. */
export function untilNodeIs(
  mesh: ProcessMesh,
  name: string,
  state: "alive" | "suspect" | "gone",
): Promise<void> {
  const what = `${name} is ${state}`;
  return waitUntil(async () => (await nodeNow(mesh, name)).state === state, {
    what,
    deadlineMs: 30_000,
  });
}

/** One of the gateway's counters. */
export async function metricNow(mesh: ProcessMesh, name: string): Promise<number> {
  const text = await (await askApi(mesh, "/metrics")).text();
  return Number(new RegExp(`^${name} (.+)$`, "m").exec(text)?.[1] ?? Number.NaN);
}
