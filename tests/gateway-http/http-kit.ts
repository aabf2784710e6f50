/** A real server over a hand-driven service, for the tests of this folder. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { createBlobStore } from "#gateway/blobs/blob-store.ts";
import { createApp } from "#gateway/http/app.ts";
import { createHandService } from "#kit/hand-service.ts";
import { Problem } from "#proto/api.ts";
import { systemClock } from "#shared/clock.ts";
import { serveHttp } from "#shared/runtime/serve.ts";

export const API_KEY = "api-key-of-the-tests";
export const JOIN_KEY = "join-key-of-the-tests";
export const BLOB_KEY = "blob-key-of-the-tests";

/** Serves the API on a free port until the test is over; `call` sends the API key unless told otherwise. */
export async function serveApi(
  more: { readonly submitBytesMax?: number; readonly blobBytesMax?: number } = {},
) {
  const dir = mkdtempSync(join(tmpdir(), "panoptic-http-"));
  const service = createHandService();
  const logged: string[] = [];
  /** Blobs that no run wants, and why. */
  const refused = new Map<string, string>();
  const app = createApp({
    service,
    blobs: createBlobStore({
      dir,
      bytesMax: more.blobBytesMax ?? 1_000_000,
      clock: systemClock,
      idleMs: 200,
      refusalOf: (sha256) => refused.get(sha256),
    }),
    clock: systemClock,
    apiKey: API_KEY,
    joinKey: JOIN_KEY,
    isBlobKey: (key) => key === BLOB_KEY,
    join: ({ nodeId }) => ({ nodeId, blobKey: BLOB_KEY }),
    joinToken: () => "pnp1_abc",
    programVersion: "1.2.3",
    hosts: ["mesh.example"],
    submitBytesMax: more.submitBytesMax ?? 1_000_000,
    log: (message) => void logged.push(message),
  });
  const server = await serveHttp({ host: "127.0.0.1", port: 0, fetch: app.fetch });
  onTestFinished(async () => {
    app.close();
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  const call = (path: string, init: RequestInit = {}) => {
    const headers = new Headers({ authorization: `Bearer ${API_KEY}` });
    new Headers(init.headers).forEach((value, name) => void headers.set(name, value));
    return fetch(`${server.url}${path}`, { ...init, headers });
  };
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    call(path, {
      method: "POST",
      body: JSON.stringify(body),
      headers: { "content-type": "application/json", ...headers },
    });
  return { service, app, server, logged, refused, call, post };
}

/** The problem of a refusal; fails when it is none. */
export async function problemOf(answer: Response): Promise<Problem> {
  if (answer.headers.get("content-type") !== "application/problem+json") {
    throw new Error(`Not a problem: ${answer.status} ${await answer.text()}`);
  }
  const problem = Problem.parse(await answer.json());
  if (problem.status !== answer.status)
    throw new Error(`${problem.status} is not ${answer.status}`);
  return problem;
}

export const SUITE = { suites: [{ file: "a.yaml", text: "name: a" }] };
