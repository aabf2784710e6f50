/** The HTTP API from the outside: requests, answers by their schemas, problems as `MeshError`. Retries nothing. */
import { z } from "zod";
import {
  CreatedRun,
  NodeList,
  NodeSummary,
  Problem,
  RunPage,
  RunSummary,
  type SubmitRun,
  TestPage,
  TokenAnswer,
} from "#proto/api.ts";
import { type DrainNode, QuotaList } from "#proto/fleet.ts";
import { Report } from "#proto/report.ts";
import { RerunOutlook, type RerunRun, type RerunTests } from "#proto/rerun.ts";
import { TestWhy } from "#proto/why.ts";
import { MeshError, type MeshErrorCode, messageOf } from "#shared/errors.ts";
import { fetchTrusting } from "#shared/runtime/trusting-fetch.ts";
import type { Endpoint } from "./endpoint.ts";

/** A refusal that names each fault of the suites. */
export class SubmitRefused extends MeshError {
  readonly faults: readonly string[];

  constructor(code: MeshErrorCode, message: string, faults: readonly string[]) {
    super(code, message);
    this.faults = faults;
  }
}

export type ApiClient = {
  /** @throws {SubmitRefused} When the gateway refuses the run. */
  readonly submit: (body: SubmitRun, idempotencyKey: string) => Promise<CreatedRun>;
  /** @throws {SubmitRefused} When the gateway refuses it. */
  readonly rerun: (id: string, body: RerunRun, idempotencyKey: string) => Promise<CreatedRun>;
  readonly rerunOutlook: (id: string, tests: RerunTests) => Promise<RerunOutlook>;
  readonly runs: (limit: number) => Promise<readonly RunSummary[]>;
  readonly run: (id: string) => Promise<RunSummary>;
  readonly cancel: (id: string, reason: string) => Promise<RunSummary>;
  readonly report: (id: string) => Promise<Report>;
  /** A page of the run's tests; `after` is the `next` of the page before. */
  readonly tests: (
    id: string,
    page: { readonly limit: number; readonly after?: number | undefined },
  ) => Promise<TestPage>;
  readonly nodes: () => Promise<readonly NodeSummary[]>;
  readonly setDrained: (node: string, isDrained: boolean, wish?: DrainNode) => Promise<NodeSummary>;
  readonly cordon: (node: string, reason: string) => Promise<NodeSummary>;
  readonly quotas: () => Promise<QuotaList>;
  /** Without slots the project has no bound any more. */
  readonly setQuota: (project: string, slots: number | undefined) => Promise<QuotaList>;
  readonly why: (id: string, key: string) => Promise<TestWhy>;
  /** Any further question; the answer by its schema. */
  readonly ask: <T>(schema: z.ZodType<T>, path: string, request?: ApiCall) => Promise<T>;
  readonly joinToken: () => Promise<string>;
  /** The bytes of a blob from an offset on, as they come. */
  readonly blob: (
    sha256: string,
    offset: number,
    signal: AbortSignal,
  ) => Promise<AsyncIterable<Uint8Array>>;
  /** Brings a blob whole; one that is there already is left alone. */
  readonly upload: (sha256: string, bytes: Uint8Array<ArrayBuffer>) => Promise<void>;
  /** The raw SSE stream after a number; ends with the connection. */
  readonly events: (
    id: string,
    after: number,
    signal: AbortSignal,
  ) => Promise<ReadableStream<Uint8Array>>;
};

const REQUEST_MS_MAX = 30_000;
const TRANSFER_MS_MAX = 300_000;

export type ApiCall = {
  readonly method?: "GET" | "POST" | "PUT" | "DELETE";
  readonly body?: unknown;
  /** Sent as they are, in the place of a body. */
  readonly bytes?: Uint8Array<ArrayBuffer>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
};

/** Makes a client of one gateway; connects to nothing by itself. */
export function createApiClient(endpoint: Endpoint): ApiClient {
  const call = (path: string, request: ApiCall = {}) => send(endpoint, path, request);
  const read = async <T>(schema: z.ZodType<T>, path: string, request?: ApiCall): Promise<T> =>
    readJson(schema, await call(path, request));
  const at = (id: string) => encodeURIComponent(id);
  return {
    submit: (body, idempotencyKey) =>
      read(CreatedRun, "/v1/runs", {
        method: "POST",
        body,
        headers: { "idempotency-key": idempotencyKey },
        signal: AbortSignal.timeout(TRANSFER_MS_MAX),
      }),
    rerun: (id, body, idempotencyKey) =>
      read(CreatedRun, `/v1/runs/${at(id)}/rerun`, {
        method: "POST",
        body,
        headers: { "idempotency-key": idempotencyKey },
        signal: AbortSignal.timeout(TRANSFER_MS_MAX),
      }),
    rerunOutlook: (id, tests) => read(RerunOutlook, `/v1/runs/${at(id)}/rerun?tests=${tests}`),
    runs: async (limit) => (await read(RunPage, `/v1/runs?limit=${limit}`)).runs,
    run: (id) => read(RunSummary, `/v1/runs/${at(id)}`),
    cancel: (id, reason) =>
      read(RunSummary, `/v1/runs/${at(id)}/cancel`, { method: "POST", body: { reason } }),
    report: (id) =>
      read(Report, `/v1/runs/${at(id)}/report.json`, {
        signal: AbortSignal.timeout(TRANSFER_MS_MAX),
      }),
    tests: (id, { limit, after }) => {
      const from = after === undefined ? "" : `&after=${after}`;
      return read(TestPage, `/v1/runs/${at(id)}/tests?limit=${limit}${from}`);
    },
    nodes: async () => (await read(NodeList, "/v1/nodes")).nodes,
    setDrained: (node, isDrained, wish) =>
      read(NodeSummary, `/v1/nodes/${at(node)}/${isDrained ? "drain" : "resume"}`, {
        method: "POST",
        ...(wish === undefined ? {} : { body: wish }),
      }),
    cordon: (node, reason) =>
      read(NodeSummary, `/v1/nodes/${at(node)}/cordon`, { method: "POST", body: { reason } }),
    quotas: () => read(QuotaList, "/v1/quotas"),
    setQuota: (project, slots) =>
      read(
        QuotaList,
        `/v1/quotas/${at(project)}`,
        slots === undefined ? { method: "DELETE" } : { method: "PUT", body: { slots } },
      ),
    why: (id, key) => read(TestWhy, `/v1/runs/${at(id)}/tests/${at(key)}/why`),
    ask: read,
    joinToken: async () => (await read(TokenAnswer, "/v1/token")).token,
    blob: async (sha256, offset, signal) => {
      const headers = offset === 0 ? {} : { range: `bytes=${offset}-` };
      const answer = await call(`/v1/blobs/${sha256}`, { headers, signal });
      if (answer.status === (offset === 0 ? 200 : 206)) return answer.body ?? new Blob().stream();
      await answer.body?.cancel();
      throw new MeshError("refused", `Cannot read the blob: the answer was ${answer.status}`);
    },
    upload: async (sha256, bytes) => {
      const answer = await call(`/v1/blobs/${sha256}`, { method: "PUT", bytes });
      await answer.body?.cancel();
    },
    events: async (id, after, signal) => {
      const headers = { accept: "text/event-stream", "last-event-id": String(after) };
      const answer = await call(`/v1/runs/${at(id)}/events`, { headers, signal });
      if (answer.body === null)
        throw new MeshError(
          "gateway_unreachable",
          "Cannot follow the run: the gateway sent no stream",
        );
      return answer.body;
    },
  };
}

async function send(endpoint: Endpoint, path: string, request: ApiCall): Promise<Response> {
  const headers: Record<string, string> = {
    authorization: `Bearer ${endpoint.apiKey}`,
    ...request.headers,
  };
  if (request.body !== undefined) headers["content-type"] = "application/json";
  const answer = await fetchOrExplain(endpoint, path, {
    method: request.method ?? "GET",
    headers,
    signal: request.signal ?? AbortSignal.timeout(REQUEST_MS_MAX),
    ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    ...(request.bytes === undefined ? {} : { body: request.bytes }),
  });
  if (answer.ok) return answer;
  throw await problemOf(endpoint, answer);
}

async function fetchOrExplain(
  endpoint: Endpoint,
  path: string,
  init: RequestInit,
): Promise<Response> {
  try {
    return await fetchTrusting(`${endpoint.url}${path}`, init, endpoint.ca);
  } catch (cause) {
    if (cause instanceof MeshError) throw cause;
    throw new MeshError(
      "gateway_unreachable",
      `Cannot reach the gateway at ${endpoint.url}: ${messageOf(cause)}`,
      { cause },
    );
  }
}

const CODES: Readonly<Record<string, MeshErrorCode>> = {
  suite_invalid: "suite_invalid",
  no_matching_node: "no_matching_node",
  nothing_to_run: "nothing_to_run",
  disk_full: "disk_full",
  too_large: "too_large",
  conflict: "conflict",
  not_found: "not_found",
};

async function problemOf(endpoint: Endpoint, answer: Response): Promise<MeshError> {
  const problem = Problem.safeParse(await bodyOf(answer)).data;
  const said = problem?.detail ?? problem?.title ?? `status ${answer.status}`;
  if (answer.status === 401 || answer.status === 403) {
    return new MeshError(
      "unauthorized",
      `Cannot use the gateway at ${endpoint.url}: ${said}; give its key by --key-file or --data`,
    );
  }
  if (answer.status >= 500 && answer.status !== 507) {
    return new MeshError(
      "gateway_unreachable",
      `Cannot use the gateway at ${endpoint.url}: ${said}`,
    );
  }
  return new SubmitRefused(CODES[problem?.code ?? ""] ?? "refused", said, problem?.faults ?? []);
}

async function bodyOf(answer: Response): Promise<unknown> {
  try {
    return await answer.json();
  } catch {
    // Not ours: the status says enough.
    return undefined;
  }
}

async function readJson<T>(schema: z.ZodType<T>, answer: Response): Promise<T> {
  const parsed = schema.safeParse(await bodyOf(answer));
  if (parsed.success) return parsed.data;
  throw new MeshError(
    "gateway_unreachable",
    `Cannot read the answer of ${answer.url}: ${z.prettifyError(parsed.error)}; is it a Panoptic gateway of this version`,
  );
}
