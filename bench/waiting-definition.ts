/** The definition of a test that waits, for benches that hand definitions to the gateway without a suite. */
import { TestKey } from "#proto/ids.ts";
import type { TestDefinition } from "#proto/test.ts";

/** One step, no needs, no retries. */
export function waitingDefinition(index: number): TestDefinition {
  return {
    key: TestKey.parse(`bench › test ${index}`),
    name: `test ${index}`,
    suite: "bench",
    file: "bench.yaml",
    line: 1,
    tags: [],
    platform: "http",
    timeoutMs: 600_000,
    stepTimeoutMs: 10_000,
    retries: 0,
    viewport: { width: 1280, height: 720, touch: false },
    needs: { labels: [] },
    steps: [{ name: "wait", kind: "wait", phase: "main", line: 2, column: 3, args: {} }],
    files: [],
    secrets: [],
  };
}
