/**
 * A whole gateway put together: data folder, nats-server, store, core, HTTP. Owns the order in which parts start and
 * stop, and nothing else: what is decided is core.ts, what can be asked is service.ts.
 */
import type { RunSummary } from "#proto/api.ts";
import type { Bus } from "#shared/bus.ts";
import { type Clock, systemClock } from "#shared/clock.ts";
import { openGatewayFolder } from "#shared/data-folder.ts";
import { messageOf } from "#shared/errors.ts";
import { newBootId, systemIds } from "#shared/ids.ts";
import { encodeJoinToken } from "#shared/join-token.ts";
import { DEFAULT_LIMITS, type Limits } from "#shared/limits.ts";
import { createLog, createRareWarning } from "#shared/log.ts";
import type { NatsLife } from "#shared/nats/server-process.ts";
import { PROGRAM_VERSION } from "#shared/program-version.ts";
import { serveHttp } from "#shared/runtime/serve.ts";
import { nodeOfBlobKey } from "./blob-key.ts";
import { type BlobStore, createBlobStore } from "./blobs/blob-store.ts";
import { createCollector } from "./blobs/collector.ts";
import { type GatewayCore, startCore } from "./core.ts";
import { createService } from "./create-service.ts";
import { createApp } from "./http/app.ts";
import { createJoin } from "./join.ts";
import { createListeners } from "./listeners.ts";
import { createMetrics, type GatewayMetrics } from "./metrics.ts";
import { type NatsOpening, openNats, tokenOf } from "./open-nats.ts";
import { createPlan } from "./plan.ts";
import { createRerun } from "./rerun.ts";
import { createSeal } from "./seal.ts";
import type { GatewayService } from "./service.ts";
import type { GatewayStore } from "./store/gateway-store.ts";
import { openGatewayStore } from "./store/libsql-store.ts";
import { createSubmit } from "./submit.ts";
import { type GatewayTls, openTls, type TlsFiles } from "./tls.ts";

/** Ended runs that stay in memory for whoever reads their report next. */
const ENDED_RUNS_KEPT = 20;

const LOOPBACK = "127.0.0.1";

export type GatewayOptions = {
  readonly dataDir: string;
  /** Default: loopback. */
  readonly host?: string;
  /** Default: the port of last time, else any free one. */
  readonly port?: number;
  /** How nodes and people reach it, when that is not its own address. */
  readonly publicUrl?: string;
  /** An outside NATS, with its credential; default: an embedded, supervised nats-server. */
  readonly natsUrl?: string;
  readonly natsPort?: number;
  /** HTTP and the own nats-server speak TLS by this certificate, and nothing else. Default: no TLS. */
  readonly tls?: TlsFiles;
  /** What becomes of the embedded nats-server when this process is killed. Default: it is killed, too. */
  readonly natsLife?: NatsLife;
  /** Where nats-server is looked for; default: the PATH. */
  readonly searchPath?: string;
  readonly limits?: Limits;
  readonly clock?: Clock;
  /** Called on a fault of ours; default: thrown as uncaught, so that the process ends (70). What was committed stands. */
  readonly onFault?: (thrown: unknown) => void;
};

export type Gateway = {
  readonly url: string;
  /** Without credentials. */
  readonly natsUrl: string;
  readonly apiKey: string;
  /** PEM of the CA that clients must trust; undefined without TLS, or when every machine trusts it. */
  readonly ca: string | undefined;
  readonly joinToken: () => string;
  readonly service: GatewayService;
  /** Stops in reverse order; what runs on nodes runs on. */
  readonly stop: () => Promise<void>;
};

/**
 * Starts a gateway and returns when it serves.
 *
 * @throws {MeshError} `folder_locked`, `tool_missing` (nats-server), `conflict` (a port), `store_failed`, `gateway_unreachable` (NATS),
 *   `usage` (a certificate that cannot serve), `untrusted` (one that its CA has not signed).
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  await using parts = new AsyncDisposableStack();
  const clock = options.clock ?? systemClock;
  const limits = options.limits ?? DEFAULT_LIMITS;
  const log = createLog("gateway");
  const folder = parts.adopt(openGatewayFolder(options.dataDir, systemIds), (opened) =>
    opened.release(),
  );
  const fault = options.onFault ?? throwUncaught;
  const store = parts.adopt(
    openGatewayStore(folder.databasePath, fault, createSeal(folder.sealKey)),
    (opened) => opened.close(),
  );
  const tls = tlsOf(options, clock);
  const nats = await openNats(parts, { options, folder, tls, clock, log });
  const { core, service, blobs } = startService(parts, {
    options,
    folder,
    tls,
    store,
    bus: nats.bus,
    clock,
    limits,
    log,
  });
  let publicUrl = options.publicUrl ?? "";
  const joinToken = () =>
    encodeJoinToken(tokenOf(folder, { publicUrl, natsUrl: nats.publicUrl, ca: tls?.ca }));
  const app = createApp({
    apiKey: folder.apiKey,
    joinKey: folder.joinKey,
    isBlobKey: (key) => nodeOfBlobKey(folder.blobSecret, key) !== undefined,
    join: createJoin({ ...folder, store, issue: nats.issue }),
    service,
    blobs,
    clock,
    joinToken,
    programVersion: PROGRAM_VERSION,
    hosts: hostsOf(options, tls),
    submitBytesMax: limits.submitBytesMax,
    log: (message) => log.warn(message),
  });
  const http = parts.adopt(await serveKept({ options, folder, tls }, app.fetch), (server) =>
    server.stop(),
  );
  parts.defer(() => app.close());
  publicUrl = options.publicUrl ?? http.url;
  folder.saveCa(tls?.ca);
  folder.savePorts({
    http: http.port,
    url: http.url,
    ...(nats.port === undefined ? {} : { nats: nats.port }),
  });
  log.info("Serving", { url: http.url, nats: nats.url, runs: core.mesh.runs.size });
  const started = parts.move();
  return {
    url: http.url,
    natsUrl: nats.url,
    apiKey: folder.apiKey,
    ca: tls?.ca,
    joinToken,
    service,
    stop: () => started.disposeAsync(),
  };
}

function tlsOf({ tls, host = LOOPBACK, publicUrl }: GatewayOptions, clock: Clock) {
  return tls === undefined ? undefined : openTls({ files: tls, host, publicUrl, clock });
}

/** The names by which it is asked for, besides addresses and `localhost`. */
function hostsOf({ publicUrl, host }: GatewayOptions, tls: GatewayTls | undefined): string[] {
  const publicHost = publicUrl === undefined ? undefined : new URL(publicUrl).hostname;
  return [publicHost, host, tls?.serve.name].filter((name) => name !== undefined);
}

type ServiceOpening = NatsOpening & {
  readonly store: GatewayStore;
  readonly bus: Bus;
  readonly limits: Limits;
};

function startService(parts: AsyncDisposableStack, opening: ServiceOpening) {
  const { options, folder, store, bus, clock, limits, log } = opening;
  const seal = createSeal(folder.sealKey);
  let metrics: GatewayMetrics | undefined;
  const ended: RunSummary["id"][] = [];
  const listeners = createListeners((runId) => {
    metrics?.countRun(core.mesh.runs.get(runId)?.end?.status ?? "unknown");
    ended.push(runId);
    if (ended.length <= ENDED_RUNS_KEPT) return;
    const oldest = ended.shift();
    if (oldest !== undefined) core.mesh.runs.delete(oldest);
  });
  const core: GatewayCore = startCore({
    meshId: folder.meshId,
    bootId: newBootId(systemIds),
    bus,
    clock,
    limits,
    listener: listeners,
    store: {
      ...store,
      commit: (changes) => timeCommit(changes.length, () => store.commit(changes)),
    },
    defer: (act) => void setImmediate(act),
    unseal: seal.open,
    log,
    warn: createRareWarning(log, clock),
    onFault: (thrown) => {
      log.error("Fault in the gateway's decisions: it ends, what was committed stands", {
        reason: messageOf(thrown),
      });
      (options.onFault ?? throwUncaught)(thrown);
    },
  });
  function timeCommit(changeCount: number, commit: () => void): void {
    const startedMs = clock.monotonicMs();
    commit();
    metrics?.observeCommit(changeCount, clock.monotonicMs() - startedMs);
  }
  parts.defer(() => core.stop());
  metrics = createMetrics(core.mesh);
  const blobs = startBlobs(parts, { core, store, folder, limits, clock, log });
  const submitting = { core, store, blobs, seal, limits };
  const submit = createSubmit(submitting);
  const reruns = createRerun(submitting);
  const plan = createPlan(submitting);
  const service = createService({ core, store, blobs, listeners, metrics, submit, reruns, plan });
  return { core, blobs, service };
}

type BlobsOpening = Pick<ServiceOpening, "store" | "folder" | "limits" | "clock" | "log"> & {
  readonly core: GatewayCore;
};

/** The blob store, and what collects from it. */
function startBlobs(parts: AsyncDisposableStack, opening: BlobsOpening): BlobStore {
  const { core, store, folder, limits, clock, log } = opening;
  const { mesh } = core;
  const dir = folder.blobsPath;
  const blobs = createBlobStore({
    dir,
    bytesMax: limits.artifactBytesMax,
    clock,
    refusalOf: (sha256) => {
      const reason = mesh.refusedBlobs.get(sha256);
      return reason === undefined || store.isBlobNamed(sha256) ? undefined : reason;
    },
  });
  const collector = createCollector({
    dir,
    blobs,
    isNamed: store.isBlobNamed,
    inTurn: (act) => core.decide(() => mesh.turn.afterCommit(act)),
    forget: (sha256) => core.decide(() => mesh.turn.save({ kind: "blob_dropped", sha256 })),
    clock,
    log,
    graceMs: limits.blobGraceMs,
    everyMs: limits.blobCollectMs,
  });
  collector.start();
  parts.defer(() => collector.stop());
  return blobs;
}

function throwUncaught(thrown: unknown): void {
  setImmediate(() => {
    throw thrown;
  });
}

async function serveKept(
  { options, folder, tls }: Pick<NatsOpening, "options" | "folder" | "tls">,
  fetch: (request: Request) => Promise<Response>,
) {
  const how = { host: options.host ?? LOOPBACK, fetch, tls: tls?.serve };
  const kept = folder.ports().http;
  if (options.port !== undefined || kept === undefined)
    return serveHttp({ ...how, port: options.port ?? 0 });
  // A kept port is used again; when another program has it by now, any other serves.
  return serveHttp({ ...how, port: kept }).catch(() => serveHttp({ ...how, port: 0 }));
}
