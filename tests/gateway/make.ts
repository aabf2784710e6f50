/** Small pieces of the gateway's books for tests: definitions, leases, attempts, capabilities. No behaviour of ours in here. */
import type {
  AttemptEnd,
  LeaseState,
  RunState,
  Settlement,
  TestState,
} from "#gateway/mesh/run-state.ts";
import { createLease } from "#gateway/mesh/run-state.ts";
import { createShare } from "#gateway/scheduler/share.ts";
import { RunOptions } from "#proto/api.ts";
import type { Capabilities } from "#proto/hello.ts";
import { NodeId, RunId } from "#proto/ids.ts";
import { TestDefinition } from "#proto/test.ts";
import { leaseIdOf } from "#shared/ids.ts";

export const runId = RunId.parse("run-1");

/** A test with one step unless told otherwise. */
export function definitionOf(index: number, own: Record<string, unknown> = {}): TestDefinition {
  const step = { name: "get", kind: "request", phase: "main", line: 3, column: 5, args: {} };
  return TestDefinition.parse({
    key: `suite › test ${index}`,
    name: `test ${index}`,
    suite: "suite",
    file: "suite.yaml",
    line: 2 + index,
    tags: [],
    platform: "http",
    timeoutMs: 60_000,
    stepTimeoutMs: 10_000,
    retries: 0,
    viewport: { width: 1280, height: 720, touch: false },
    needs: { labels: [] },
    steps: [step],
    files: [],
    secrets: [],
    ...own,
  });
}

export function capabilitiesOf(own: Partial<Capabilities> = {}): Capabilities {
  return {
    able: [{ platform: "http" }],
    unable: [],
    labels: [],
    os: "linux",
    arch: "x64",
    cpuCount: 2,
    memoryBytes: 1e9,
    ...own,
  };
}

export type LeaseStory = {
  /** How its attempt ended; `running`: started, not ended; absent: never started. */
  readonly end?: AttemptEnd["status"] | "running";
  readonly loss?: AttemptEnd["loss"];
  readonly message?: string;
  /** Index and status of the steps that were told; default: step 0 passed when it started. */
  readonly steps?: ReadonlyMap<number, "passed" | "failed" | "skipped" | "lost">;
  readonly settlement?: Partial<Settlement>;
};

export function leaseOf(number: number, story: LeaseStory = {}): LeaseState {
  const parts = { runId, testIndex: 0, number };
  const nodeId = NodeId.parse("node-1");
  const lease = createLease({ ...parts, id: leaseIdOf(parts), attemptNumber: number, nodeId });
  if (story.settlement !== undefined) {
    lease.settlement = {
      kind: "lost",
      cause: "node_silent",
      reason: "Silent",
      wallMs: 0,
      isRevoked: false,
      ...story.settlement,
    };
  }
  if (story.end === undefined) return lease;
  const told = story.steps ?? new Map([[0, "passed"] as const]);
  const steps = [...told].map(([index, status]) => [index, { status, durationMs: 1 }] as const);
  lease.attempt = { startedWallMs: 0, slotIndex: 0, steps: new Map(steps), artifacts: [] };
  if (story.end === "running") return lease;
  const error = story.message === undefined ? undefined : { message: story.message };
  lease.attempt.end = { status: story.end, durationMs: 5, loss: story.loss, error };
  return lease;
}

/** A test whose leases have these stories, numbered from 1. */
export function testOf(
  stories: readonly LeaseStory[],
  own: Record<string, unknown> = {},
): TestState {
  const leases = stories.map((story, index) => leaseOf(index + 1, story));
  return { index: 0, definition: definitionOf(0, own), leases };
}

/** A run of these tests, of which nothing is open. */
export function runStateOf(tests: readonly TestState[], own: Partial<RunState> = {}): RunState {
  return {
    id: runId,
    createdWallMs: 1_000,
    options: RunOptions.parse({}),
    tests,
    bodySha256: "0",
    secrets: {},
    isWaiting: false,
    noticeCount: 0,
    openCount: 0,
    failureCount: 0,
    share: createShare(0),
    taken: { sizes: new Map(), bytes: 0 },
    meanMs: new Map(),
    ...own,
  };
}
