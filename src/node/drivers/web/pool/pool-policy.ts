/** P: how a node keeps its browsers: what the profiles of `panoptic node` and `run` choose between. */

/** Of the browsers of one node. */
export type PoolPolicy = {
  /** A process and a context stand ready before an attempt asks for them. */
  readonly isPrefetching: boolean;
  /** A process is replaced, between attempts, once it has had so many contexts. */
  readonly contextsMax: number;
  /** And once its processes need so many times the memory that they needed when it was new (Linux); at least 1. */
  readonly memoryGrowthMax: number;
  /** What tests that do not say it have: a fresh context each, or a process each. */
  readonly isolation: "context" | "browser";
  /** Attempts show their windows unless they say otherwise. */
  readonly isHeaded: boolean;
  /** A browser that runs elsewhere: `cdp:http://…`, `cdp:ws://…`, or `ws://…` of a Playwright server; absent: own processes. */
  readonly endpoint?: string;
};

/** As `--profile ci` without more words. */
export const DEFAULT_POOL: PoolPolicy = {
  isPrefetching: true,
  contextsMax: 500,
  memoryGrowthMax: 2,
  isolation: "context",
  isHeaded: false,
};
