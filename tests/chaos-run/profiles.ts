/** What a chaos run is made of: the mesh, the tests, the mix of faults. One for everything, one for each sabotage. */
import type { Limits } from "#shared/limits.ts";
import type { FaultKind } from "./plan.ts";

type Range = readonly [min: number, max: number];

export type Profile = {
  readonly nodeCount: number;
  readonly slots: number;
  /** Tests of each run by platform. */
  readonly tests: { readonly http: number; readonly web: number };
  /** Part of the tests that pass; the others fail, are flaky or skipped. */
  readonly passShare: number;
  /** Bounds of all processes that are not the usual ones. */
  readonly limits: Partial<Limits> & Pick<Limits, "goneAfterMs">;
  /** Requests of an attempt between its first and its last. */
  readonly hopCount: Range;
  /** How long the target takes to answer one. */
  readonly answerMs: Range;
  /** Runs that go on at once. */
  readonly chainCount: number;
  readonly weights: Readonly<Partial<Record<FaultKind, number>>>;
  readonly pauseMs: Range;
  readonly shortMs: Range;
  readonly longMs: Range;
  readonly longChance: number;
  /** Default of `--kills`. */
  readonly kills: number;
  /** What is frozen stays so until its tests run elsewhere, and `shortMs` or `longMs` longer. */
  readonly isFrozenUntilReplaced?: boolean;
  /** The gateway is struck only when all nodes are alive and one is just told that what it said is confirmed. */
  readonly isAfterNews?: boolean;
  /** Ends after so many faults that hit; undefined: only kills count. */
  readonly faultCount?: number;
};

/**
 * Bounds of the mesh under chaos. A node is gone sooner, so that a minute holds more; a test may be lost more often than
 * five times, since a hundred kills are not what the budget is for (that a test is capped is shown by poison.test.ts).
 */
export const CHAOS_LIMITS = {
  goneAfterMs: 5_000,
  graceMs: 5_000,
  lostBudget: 100,
} as const satisfies Partial<Limits>;

const SHORT: Range = [50, 1_200];
/** Longer than a node may be silent. */
const LONG: Range = [CHAOS_LIMITS.goneAfterMs + 500, CHAOS_LIMITS.goneAfterMs + 2_500];

const ALL: Profile = {
  nodeCount: 4,
  slots: 2,
  tests: { http: 36, web: 10 },
  passShare: 0.7,
  limits: CHAOS_LIMITS,
  hopCount: [1, 4],
  answerMs: [40, 500],
  chainCount: 2,
  weights: {
    "node.kill": 40,
    "gateway.kill": 18,
    "nats.kill": 14,
    "browser.kill": 18,
    "node.freeze": 8,
    "gateway.freeze": 5,
    "nats.freeze": 5,
    "browser.freeze": 4,
    "node.cut": 8,
    "node.deaf": 5,
  },
  pauseMs: [100, 1_200],
  shortMs: SHORT,
  longMs: LONG,
  longChance: 0.2,
  kills: 150,
};

/** Only http: what a sabotage shows does not depend on the platform. */
const PLAIN: Profile = {
  ...ALL,
  nodeCount: 3,
  tests: { http: 14, web: 0 },
  chainCount: 1,
  longChance: 0,
};

export type ProfileName = "all" | "short" | "repeats" | "thaws" | "restarts" | "idle-restarts";

export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  all: ALL,
  short: { ...ALL, nodeCount: 3, tests: { http: 20, web: 4 }, longChance: 0.1, kills: 10 },
  // What is not answered comes again soon, so that whole attempts are among what is repeated.
  repeats: {
    ...PLAIN,
    limits: { ...CHAOS_LIMITS, resendMs: 400, resendMsMax: 800 },
    weights: { "node.deaf": 1 },
    shortMs: [300, 600],
    faultCount: 3,
  },
  thaws: {
    ...PLAIN,
    weights: { "node.freeze": 1 },
    shortMs: [300, 1_000],
    isFrozenUntilReplaced: true,
    passShare: 1,
    pauseMs: [200, 500],
    faultCount: 2,
  },
  // With room for a commit that is late: the nodes wait for the answer.
  restarts: {
    ...PLAIN,
    limits: { ...CHAOS_LIMITS, offerReplyMs: 8_000, resendMs: 8_000 },
    weights: { "gateway.kill": 1 },
    shortMs: [50, 300],
    isAfterNews: true,
    faultCount: 3,
  },
  // Fewer tests than slots: whoever says hello first has room for what the others hold.
  "idle-restarts": {
    ...PLAIN,
    slots: 4,
    tests: { http: 6, web: 0 },
    hopCount: [3, 4],
    answerMs: [400, 700],
    weights: { "gateway.kill": 1 },
    shortMs: [50, 300],
    faultCount: 3,
  },
};
