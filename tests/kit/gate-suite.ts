/** Suites against the gated application, as text. */

export type GateTest = {
  readonly name: string;
  /** Paths that are asked for one after the other: `/fast`, `/gate/NAME`, `/fail/NAME`. */
  readonly paths: readonly string[];
  readonly labels?: readonly string[];
  readonly retries?: number;
};

/** A suite of http tests whose every request must be answered with 200; a gate may stay shut for a minute. */
export function gateSuite(url: string, tests: readonly GateTest[], name = "gated"): string {
  return JSON.stringify({
    name,
    defaults: { platform: "http", baseUrl: url, timeout: "90s", stepTimeout: "80s" },
    tests: tests.map(({ name: testName, paths, labels, retries }) => ({
      name: testName,
      ...(labels === undefined ? {} : { needs: { labels } }),
      ...(retries === undefined ? {} : { retries }),
      steps: paths.flatMap((path) => [{ request: { get: path } }, { expect: { status: 200 } }]),
    })),
  });
}
