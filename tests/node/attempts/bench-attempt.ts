/** Runs attempts by the real executor and the real http driver against a page server of the test, without a mesh. */

import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createArtifactKeeper } from "#node/artifacts/keep.ts";
import { createFileSource } from "#node/attempts/files.ts";
import { holdGate, type StepGate } from "#node/attempts/gate.ts";
import { createSlots } from "#node/attempts/slots.ts";
import { createWorkspaces } from "#node/attempts/workspace.ts";
import type { Driver } from "#node/drivers/driver.ts";
import { createHttpDriver } from "#node/drivers/http/driver.ts";
import type { AttemptOutcome, RunningAttempt } from "#node/membership/executor.ts";
import { openReplica } from "#node/store/replica.ts";
import type { ArtifactFound, StepEnded } from "#proto/event.ts";
import { RunId, TestKey } from "#proto/ids.ts";
import type { Json } from "#proto/matcher.ts";
import type { PlannedStep, TestDefinition } from "#proto/test.ts";
import { systemClock } from "#shared/clock.ts";
import { leaseIdOf, systemIds } from "#shared/ids.ts";
import { DEFAULT_LIMITS, type Limits } from "#shared/limits.ts";
import { silentLog } from "#shared/log.ts";

export const blobKey = "blob-key-of-the-test";

type StepOf = Partial<PlannedStep> & { readonly kind: string; readonly args: Record<string, Json> };

/** A planned step with places and names filled in. */
export const planned = (step: StepOf, index = 0): PlannedStep => ({
  name: `${step.kind} ${index}`,
  phase: "main",
  line: 10 + index,
  column: 5,
  ...step,
});

export const get = (url: string): StepOf => ({ kind: "request", args: { method: "GET", url } });
export const expectStatus = (code: number): StepOf => ({
  kind: "expect",
  args: { checks: [{ subject: { of: "status" }, status: { anyOf: [code] } }] },
});
export const waitFor = (ms: number): StepOf => ({
  kind: "wait",
  args: { for: { kind: "time", ms } },
});

export type Handle = (request: IncomingMessage, response: ServerResponse) => void;

export type BenchOptions = {
  readonly handle?: Handle;
  readonly limits?: Partial<Limits>;
  readonly drivers?: readonly Driver[];
  readonly gate?: StepGate;
};

export type Ran = {
  readonly outcome: AttemptOutcome;
  readonly steps: readonly StepEnded[];
  readonly artifacts: readonly ArtifactFound["artifact"][];
};

/** Opens a server and an executor in a folder of their own. */
export async function openBench(options: BenchOptions = {}) {
  const folder = mkdtempSync(join(tmpdir(), "panoptic-attempt-"));
  const blobsPath = mkdtempSync(join(folder, "blobs-"));
  const server = createServer((request, response) => {
    if (options.handle !== undefined) return options.handle(request, response);
    response.end("ok");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const replica = openReplica({ path: join(folder, "replica.db"), ids: systemIds });
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const faults: unknown[] = [];
  const slots = createSlots({
    drivers: options.drivers ?? [createHttpDriver()],
    ...holdGate(options.gate, systemClock),
    limits,
    log: silentLog,
    workspaces: createWorkspaces(join(folder, "work"), silentLog),
    files: createFileSource({
      cachePath: join(folder, "files"),
      gatewayUrl: url,
      blobKey,
      clock: systemClock,
    }),
    artifacts: createArtifactKeeper({
      blobsPath,
      uploads: replica.uploads,
      ids: systemIds,
      clock: systemClock,
      limits,
      onKept: () => undefined,
    }),
    onFault: (thrown) => void faults.push(thrown),
  });
  const begin = (change: Partial<TestDefinition>, secrets: Record<string, string> = {}) => {
    const steps: StepEnded[] = [];
    const artifacts: ArtifactFound["artifact"][] = [];
    const ended = Promise.withResolvers<Ran>();
    const runId = RunId.parse("run-7");
    const definition: TestDefinition = {
      key: TestKey.parse("suite › test"),
      name: "test",
      suite: "suite",
      file: "suites/shop.yaml",
      line: 1,
      tags: [],
      platform: "http",
      timeoutMs: 10_000,
      stepTimeoutMs: 2_000,
      retries: 0,
      baseUrl: url,
      viewport: { width: 1280, height: 720, touch: false },
      needs: { labels: [] },
      steps: [],
      files: [],
      secrets: [],
      ...change,
    };
    const attempt: RunningAttempt = slots.begin({
      offer: {
        leaseId: leaseIdOf({ runId, testIndex: 0, number: 3 }),
        runId,
        attemptNumber: 2,
        definition,
        secrets,
      },
      slotIndex: 0,
      record: (event) => {
        if (event.kind === "step_ended") steps.push(event);
        else artifacts.push(event.artifact);
      },
      end: (outcome) => ended.resolve({ outcome, steps, artifacts }),
    });
    return { attempt, steps, ended: ended.promise };
  };
  return {
    folder,
    blobsPath,
    url,
    faults,
    uploads: replica.uploads,
    begin,
    rest: () => slots.rest?.(),
    run: (
      steps: readonly StepOf[],
      change: Partial<TestDefinition> = {},
      secrets: Record<string, string> = {},
    ) => begin({ steps: steps.map(planned), ...change }, secrets).ended,
    close: async () => {
      await slots.close();
      replica.close();
      server.closeAllConnections();
      await new Promise((resolve) => void server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
