/**
 * From submitted suites to a committed run: read, expand, select, check that somebody could run each test, keep the
 * files, write run and ledger in one commit. Refuses with every fault at once and creates nothing then.
 */
import type { SubmitRun } from "#proto/api.ts";
import type { TestDefinition } from "#proto/test.ts";
import { newRunId, systemIds } from "#shared/ids.ts";
import type { Limits } from "#shared/limits.ts";
import { createRedactor } from "#shared/redactor.ts";
import { doInTurns } from "#shared/steps.ts";
import type { BlobStore } from "./blobs/blob-store.ts";
import type { GatewayCore } from "./core.ts";
import { recollect } from "./history/recollect.ts";
import { summarize } from "./mesh/summary.ts";
import {
  type PlanningMesh,
  planInSteps,
  type Refused,
  type RunPlan,
  refused,
} from "./planning/plan-run.ts";
import { type EstimatedPlan, takeSlice } from "./planning/take-slice.ts";
import { expiredWarnings } from "./quarantine/quarantine.ts";
import { needsSignature } from "./scheduler/needs.ts";
import { explainNodeless, fittingNodes, refuseNodeless } from "./scheduler/nodeless.ts";
import { offerBytesMax } from "./scheduler/wire.ts";
import type { Seal } from "./seal.ts";
import type { GatewayService, SubmitOutcome } from "./service.ts";
import type { GatewayStore } from "./store/gateway-store.ts";

export type SubmitParts = {
  readonly core: GatewayCore;
  readonly store: GatewayStore;
  readonly blobs: BlobStore;
  readonly seal: Seal;
  readonly limits: Limits;
};

export function createSubmit(parts: SubmitParts): GatewayService["submit"] {
  return async (body, idempotencyKey) => {
    const bodySha256 = parts.seal.fingerprint(JSON.stringify(body));
    const { secrets } = body;
    return launch(parts, {
      secrets,
      idempotencyKey,
      bodySha256,
      plan: () => planSubmit(parts, body),
    });
  };
}

/** How long the slices of a build may come one after the other, milliseconds. */
const SLICING_MS_MAX = 24 * 3_600_000;

/** What a submit would run now, on the mesh as it is. */
export async function planSubmit(
  { core, store }: Pick<SubmitParts, "core" | "store">,
  body: SubmitRun,
  mesh: PlanningMesh = planningMesh(core),
): Promise<EstimatedPlan | Refused> {
  const whole = await doInTurns(planInSteps(body, mesh), core.mesh.clock);
  if (whole.kind === "refused") return whole;
  const estimates = await recollect(core.mesh, store, whole.tests);
  const sinceWallMs = core.mesh.clock.wallMs() - SLICING_MS_MAX;
  return takeSlice({ ...whole, estimates }, (slicing) => store.slices(slicing, sinceWallMs));
}

export type Launch = {
  readonly secrets: SubmitRun["secrets"];
  readonly idempotencyKey: string | undefined;
  /** Of all that was asked: the key may be used again with nothing else. */
  readonly bodySha256: string;
  /** Asked once, when the key is not known. */
  readonly plan: () => Promise<EstimatedPlan | Refused>;
};

/** Makes a run of a plan, once however often it is asked. @throws {MeshError} As the core's failure, but `disk_full`. */
export async function launch(parts: SubmitParts, asked: Launch): Promise<SubmitOutcome> {
  const failure = parts.core.failure();
  if (failure?.code === "disk_full") return refused("disk_full", failure.message);
  if (failure !== undefined) throw failure;
  const repeated = findRepeated(parts, asked.idempotencyKey, asked.bodySha256);
  if (repeated !== undefined) return repeated;
  const plan = await asked.plan();
  if (plan.kind === "refused") return withoutSecrets(plan, asked);
  const refusal = checkPlan(parts, asked, plan);
  if (refusal !== undefined) return withoutSecrets(refusal, asked);
  await keepFiles(parts, plan);
  return createRun(parts, asked, plan);
}

function findRepeated(
  parts: SubmitParts,
  key: string | undefined,
  bodySha256: string,
): SubmitOutcome | undefined {
  if (key === undefined) return undefined;
  const { mesh } = parts.core;
  const open = [...mesh.runs.values()].find((run) => run.idempotencyKey === key);
  const known =
    open === undefined
      ? parts.store.runByIdempotencyKey(key)
      : { runId: open.id, bodySha256: open.bodySha256 };
  if (known === undefined) return undefined;
  if (known.bodySha256 !== bodySha256)
    return refused(
      "conflict",
      "Cannot repeat the submit: its idempotency key was used with another body",
    );
  const run = parts.core.shownRun(known.runId);
  if (run === undefined && open !== undefined)
    return refused("disk_full", "Cannot repeat the submit: its run is not committed yet");
  return run === undefined
    ? undefined
    : { kind: "repeated", run: summarize(run, mesh.clock.wallMs()) };
}

/** What plans ask of the mesh as it is now. */
function planningMesh({ mesh }: GatewayCore): PlanningMesh {
  const nodes = [...mesh.nodes.values()];
  const known = new Map<string, readonly string[]>();
  return {
    nodesFor: (test) => {
      const signature = needsSignature(test);
      const names = known.get(signature) ?? fittingNodes(nodes, test);
      known.set(signature, names);
      return names;
    },
    whyNodeless: (test) => explainNodeless(nodes, test) ?? "No node is there",
  };
}

function checkPlan(
  parts: SubmitParts,
  asked: Launch,
  { tests, options }: RunPlan,
): Refused | undefined {
  if (tests.length === 0 && !options.allowEmpty) {
    return refused(
      "nothing_to_run",
      "Nothing to run: no test is left of what was asked for; --allow-empty accepts that",
    );
  }
  const bytesMax = Math.min(parts.limits.definitionBytesMax, offerBytesMax(parts.core.mesh));
  const tooLarge = tests.find((test) => offerBytes(test, asked) > bytesMax);
  if (tooLarge !== undefined) {
    return refused(
      "too_large",
      `Cannot run ${tooLarge.file}:${tooLarge.line} ${tooLarge.key}: one test and the values of its secrets may have ${bytesMax} bytes`,
    );
  }
  if (options.waitForNodesMs !== undefined) return undefined;
  const faults = refuseNodeless([...parts.core.mesh.nodes.values()], tests);
  if (faults.length === 0) return undefined;
  return {
    kind: "refused",
    code: "no_matching_node",
    reason: "Cannot run: no node has what these tests need; --wait-for-nodes waits for one",
    faults,
  };
}

/** What travels for a test: an offer that the bus does not carry could never be answered. */
function offerBytes(test: TestDefinition, { secrets }: Launch): number {
  const values = test.secrets.map((name) => secrets[name] ?? "");
  return Buffer.byteLength(JSON.stringify([test, values]));
}

async function keepFiles(parts: SubmitParts, plan: RunPlan): Promise<void> {
  const named = new Set(
    plan.tests.flatMap((test) => test.files.map((file) => file.sha256 as string)),
  );
  for (const [sha256, { bytes }] of plan.files) if (named.has(sha256)) await parts.blobs.put(bytes);
}

async function createRun(
  parts: SubmitParts,
  { secrets, idempotencyKey, bodySha256 }: Launch,
  plan: EstimatedPlan,
): Promise<SubmitOutcome> {
  // Looked at again: another submit with this key may have come while the files were written.
  const repeated = findRepeated(parts, idempotencyKey, bodySha256);
  if (repeated !== undefined) return repeated;
  const quarantine = parts.store.quarantine();
  const nowWallMs = parts.core.mesh.clock.wallMs();
  const run = await parts.core.createRun({
    runId: newRunId(systemIds),
    definitions: plan.tests,
    estimates: plan.estimates,
    options: plan.options,
    origin: plan.origin,
    secrets,
    sealedSecrets: parts.seal.close(secrets),
    idempotencyKey,
    bodySha256,
    quarantine: quarantine.length === 0 ? undefined : quarantine,
  });
  const warnings = [...plan.warnings, ...expiredWarnings(quarantine, plan.tests, nowWallMs)];
  return {
    kind: "created",
    run: summarize(run, parts.core.mesh.clock.wallMs()),
    warnings: warnings.map(createRedactor(secrets).text),
  };
}

/** What is said of a suite may show what it says. */
export function withoutSecrets(said: Refused, { secrets }: Pick<Launch, "secrets">): Refused {
  const { text } = createRedactor(secrets);
  return { ...said, reason: text(said.reason), faults: said.faults.map(text) };
}
