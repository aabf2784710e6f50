/** The bodies of the HTTP API that the CLI, scripts and the dashboard use. Paths: README, "HTTP API". */
import { z } from "zod";
import { EvidenceWhen } from "./evidence.ts";
import { MeshId, NodeId, RunId, Sha256, TestKey } from "./ids.ts";
import { ReportQuarantine, ReportTest, RunStatus, Totals, Verdict } from "./report.ts";

/** A suite or a named file, as text or by base64 when it is not text. */
const SubmittedFile = z.strictObject({
  /** Relative to the suite's folder. */
  path: z.string().min(1).max(1000),
  base64: z.string(),
});

export const SubmittedSuite = z.strictObject({
  /** As the person named it: used in every message about it. */
  file: z.string().min(1).max(4000),
  text: z.string(),
  files: z.array(SubmittedFile).max(1000).default([]),
});
export type SubmittedSuite = z.infer<typeof SubmittedSuite>;

export const RunOptions = z.strictObject({
  /** Only tests that carry one of these. */
  tags: z.array(z.string()).max(100).default([]),
  /** Only tests whose key this regular expression matches. */
  grep: z.string().max(1000).optional(),
  /** Only tests of these keys, as their suites make them; absent: all. Not kept with the run. */
  keys: z.array(TestKey).max(100_000).optional(),
  retries: z.number().int().min(0).max(100).optional(),
  testTimeoutMs: z.number().min(1).optional(),
  /** The whole run is ended after it. */
  runTimeoutMs: z.number().min(1).optional(),
  /** How long a test may wait for a node that could run it; absent: refused at submit, 60 s once accepted. */
  waitForNodesMs: z.number().min(0).optional(),
  allowEmpty: z.boolean().default(false),
  skipUnsupported: z.boolean().default(false),
  /** Pictures become baselines where there are none or others. */
  updateBaselines: z.boolean().optional(),
  /** Replaces what the suites say, like the two below. */
  trace: EvidenceWhen.optional(),
  video: EvidenceWhen.optional(),
  screenshots: EvidenceWhen.optional(),
  har: EvidenceWhen.optional(),
  /** Runs of a higher one go first; among equals slots are shared by weight. Absent: 0. */
  priority: z.number().int().min(-1000).max(1000).optional(),
  /** Of its share of slots beside other runs of its priority. Absent: 1. */
  weight: z.number().min(0.01).max(100).optional(),
  /** Whose quota of slots it uses. Absent: `default`. */
  project: z.string().min(1).max(100).optional(),
  /** The pool of nodes of tests that name none. Absent: `default`. */
  pool: z.string().min(1).max(100).optional(),
  /** After so many tests have failed for good the rest is skipped, on all nodes. */
  maxFailures: z.number().int().min(1).max(1_000_000).optional(),
  /** Attempts of the run at once, on all nodes together. */
  maxInFlight: z.number().int().min(1).max(100_000).optional(),
  /** Nothing starts before so many nodes are there and well. */
  minNodes: z.number().int().min(1).max(10_000).optional(),
  /** Each test so many times, as tests of their own. */
  repeatEach: z.number().int().min(1).max(1_000).optional(),
  /** A flaky test fails the run. */
  failOnFlaky: z.boolean().optional(),
  /** One of several static slices (1-based) of the same tests, for machines without a mesh between them. */
  shard: z
    .object({
      index: z.number().int().min(1).max(10_000),
      count: z.number().int().min(1).max(10_000),
      /** What all slices of one build share and no other build has. */
      build: z.string().min(1).max(500).optional(),
    })
    .refine(({ index, count }) => index <= count, "is beyond the count")
    .optional(),
});
export type RunOptions = z.infer<typeof RunOptions>;

export const SubmitRun = z.strictObject({
  suites: z.array(SubmittedSuite).min(1).max(1000),
  /** The values of the environment names that the suites refer to; absent: unset. */
  env: z.record(z.string(), z.string()).default({}),
  /** The values of the suites' secrets. Sealed on the gateway until the run ends (K1). */
  secrets: z.record(z.string(), z.string()).default({}),
  options: RunOptions.default({ tags: [], allowEmpty: false, skipUnsupported: false }),
});
export type SubmitRun = z.infer<typeof SubmitRun>;

export const RunSummary = z.object({
  id: RunId,
  state: z.enum(["running", "ended"]),
  status: RunStatus.optional(),
  exitCode: z.number().int().optional(),
  reason: z.string().optional(),
  startedAt: z.string(),
  durationMs: z.number(),
  totals: Totals,
  /** Tests that have a verdict. */
  finished: z.number().int(),
  /** Attempts that run now. */
  running: z.number().int(),
});
export type RunSummary = z.infer<typeof RunSummary>;

/** The answer of `POST /v1/runs`. */
export const CreatedRun = RunSummary.extend({ warnings: z.array(z.string()).default([]) });
export type CreatedRun = z.infer<typeof CreatedRun>;

/** The answer of `GET /v1/runs?limit=&before=`; `next` is the `before` of the next page, absent on the last one. */
export const RunPage = z.object({ runs: z.array(RunSummary), next: RunId.optional() });
export type RunPage = z.infer<typeof RunPage>;

/** The answer of `GET /v1/runs/:id/tests?limit=&after=`; `next` is the `after` of the next page, absent on the last one. */
export const TestPage = z.object({ tests: z.array(ReportTest), next: z.number().int().optional() });
export type TestPage = z.infer<typeof TestPage>;

/** The optional body of `POST /v1/runs/:id/cancel`. */
export const CancelRun = z.strictObject({ reason: z.string().min(1).max(1000).optional() });
export type CancelRun = z.infer<typeof CancelRun>;

export const NodeSummary = z.object({
  id: z.string(),
  name: z.string(),
  state: z.enum(["alive", "suspect", "gone"]),
  isDraining: z.boolean(),
  epoch: z.number().int(),
  version: z.string(),
  platform: z.string(),
  slots: z.number().int(),
  busy: z.number().int(),
  /** How much longer tests take there than on a typical node: 2 is twice as long. Absent: 1. */
  speed: z.number().optional(),
  labels: z.array(z.string()),
  /** Absent: `default`. */
  pool: z.string().optional(),
  able: z.array(z.string()),
  unable: z.array(z.string()),
  lastHeardMs: z.number().optional(),
  /** Why it takes no work by its own decision; it is draining then. */
  closed: z.string().optional(),
  /** What a person said of its drain. */
  drain: z.object({ reason: z.string().optional(), deadlineAt: z.string().optional() }).optional(),
  /** Why a person gives it no new tests. */
  cordon: z.object({ reason: z.string() }).optional(),
  /** `open`: it gets none for what it lost; `half_open`: one at a time. Absent: closed. */
  breaker: z
    .object({ state: z.enum(["open", "half_open"]), retryMs: z.number().optional() })
    .optional(),
  /** Why it takes no new tests, or only one at a time, in words. */
  held: z.string().optional(),
});
export type NodeSummary = z.infer<typeof NodeSummary>;

/** The answer of `GET /v1/nodes`. */
export const NodeList = z.object({ nodes: z.array(NodeSummary) });
export type NodeList = z.infer<typeof NodeList>;

/** The answer of `GET /v1/token`: a join token as text. */
export const TokenAnswer = z.object({ token: z.string() });
export type TokenAnswer = z.infer<typeof TokenAnswer>;

/** What the SSE stream of a run says; `id` is its number, for `Last-Event-ID`. */
export const RunNotice = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("test_started"),
    testIndex: z.number().int(),
    key: z.string(),
    attempt: z.number().int(),
    node: z.string(),
  }),
  z.object({
    kind: z.literal("attempt_ended"),
    testIndex: z.number().int(),
    key: z.string(),
    attempt: z.number().int(),
    node: z.string(),
    status: z.enum(["passed", "failed", "lost", "cancelled"]),
    willRunAgain: z.boolean(),
    error: z.string().optional(),
  }),
  z.object({
    kind: z.literal("test_ended"),
    testIndex: z.number().int(),
    key: z.string(),
    verdict: Verdict,
    durationMs: z.number(),
    node: z.string().optional(),
    reason: z.string().optional(),
    /** Its failure does not fail the run. */
    quarantined: ReportQuarantine.optional(),
    error: z
      .object({
        message: z.string(),
        step: z.string().optional(),
        file: z.string().optional(),
        line: z.number().optional(),
        column: z.number().optional(),
      })
      .optional(),
    finished: z.number().int(),
    planned: z.number().int(),
  }),
  z.object({ kind: z.literal("waiting"), reason: z.string() }),
  z.object({
    kind: z.literal("run_ended"),
    status: RunStatus,
    exitCode: z.number().int(),
    reason: z.string().optional(),
    totals: Totals,
  }),
]);
export type RunNotice = z.infer<typeof RunNotice>;

export const NumberedNotice = z.object({ number: z.number().int().min(1), notice: RunNotice });
export type NumberedNotice = z.infer<typeof NumberedNotice>;

/** RFC 9457. */
export const Problem = z.object({
  type: z.string().default("about:blank"),
  title: z.string(),
  status: z.number().int(),
  detail: z.string().optional(),
  code: z.string(),
  /** One a fault, `FILE:LINE:COLUMN message`, when suites were refused. */
  faults: z.array(z.string()).optional(),
});
export type Problem = z.infer<typeof Problem>;

export const BlobState = z.object({
  sha256: Sha256,
  bytes: z.number().int(),
  isComplete: z.boolean(),
});
export type BlobState = z.infer<typeof BlobState>;

/** The body of `POST /v1/blobs/:sha256/missing`: why a node cannot bring what its event named. */
export const MissingBlob = z.strictObject({ reason: z.string().min(1).max(2000) });
export type MissingBlob = z.infer<typeof MissingBlob>;

/** The content of a join token (I3): where the mesh is and the key to join it, which opens nothing else. */
export const JoinToken = z.object({
  version: z.literal(2),
  meshId: z.string(),
  gatewayUrl: z.string(),
  natsUrl: z.string(),
  /** For `POST /v1/join` alone. */
  joinKey: z.string(),
  /** Of an outside NATS, whose users are not the gateway's to make: the same for all nodes. */
  natsUser: z.string().optional(),
  natsPassword: z.string().optional(),
  /** PEM of the CA that signed the gateway's certificate; absent: one that the machine trusts anyway. */
  ca: z.string().max(10_000).optional(),
});
export type JoinToken = z.infer<typeof JoinToken>;

/** The body of `POST /v1/join`: a node shows the public half of the key pair in its data folder. */
export const JoinRequest = z.strictObject({
  meshId: MeshId,
  nodeId: NodeId,
  publicKey: z.string().regex(/^U[A-Z2-7]{55}$/, "is no public key of a NATS user"),
});
export type JoinRequest = z.infer<typeof JoinRequest>;

/** What a node gets for itself alone. */
export const JoinAnswer = z.object({
  nodeId: NodeId,
  /** For blobs: of this node, and for nothing else. */
  blobKey: z.string(),
  /** Makes the node's key pair a user of the mesh's own NATS; absent with an outside one. */
  natsJwt: z.string().optional(),
});
export type JoinAnswer = z.infer<typeof JoinAnswer>;
