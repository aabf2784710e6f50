/**
 * From submitted suites to a committed run: read, expand, select, check that somebody could run each test, keep the
 * files, write run and ledger in one commit. Refuses with every fault at once and creates nothing then.
 */
import { createHash } from "node:crypto";
import type { SubmitRun, SubmittedSuite } from "#proto/api.ts";
import type { TestDefinition } from "#proto/test.ts";
import { newRunId, systemIds } from "#shared/ids.ts";
import type { Limits } from "#shared/limits.ts";
import { type TextPattern, toTextPattern } from "#shared/pattern/text-pattern.ts";
import { createRedactor } from "#shared/redactor.ts";
import { expandSuites } from "#suite/expand.ts";
import { selectTests } from "#suite/select-tests.ts";
import { type Fault, faultText, type SuiteFile, type SuiteFiles } from "#suite/source.ts";
import type { BlobStore } from "./blobs/blob-store.ts";
import type { GatewayCore } from "./core.ts";
import type { Estimate } from "./history/estimate.ts";
import { recollect } from "./history/recollect.ts";
import { maskNames, sameKey } from "./mask-names.ts";
import { summarize } from "./mesh/summary.ts";
import { refuseNodeless } from "./scheduler/nodeless.ts";
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

type Refused = Extract<SubmitOutcome, { kind: "refused" }>;

export function createSubmit(parts: SubmitParts): GatewayService["submit"] {
  return async (body, idempotencyKey) => {
    const failure = parts.core.failure();
    if (failure?.code === "disk_full") return refused("disk_full", failure.message);
    if (failure !== undefined) throw failure;
    const bodySha256 = parts.seal.fingerprint(JSON.stringify(body));
    const repeated = findRepeated(parts, idempotencyKey, bodySha256);
    if (repeated !== undefined) return repeated;
    const plan = planRun(body);
    if (plan.kind === "refused") return withoutSecrets(plan, body);
    const refusal = checkPlan(parts, body, plan.tests);
    if (refusal !== undefined) return withoutSecrets(refusal, body);
    await keepFiles(parts, plan);
    const estimates = await recollect(parts.core.mesh, parts.store, plan.tests);
    return createRun(parts, { body, idempotencyKey, bodySha256, plan, estimates });
  };
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

type Plan = {
  readonly kind: "planned";
  readonly tests: readonly TestDefinition[];
  readonly files: ReadonlyMap<string, SuiteFile>;
  readonly warnings: readonly string[];
};

/** Pure: suites to tests. */
function planRun(body: SubmitRun): Plan | Refused {
  const kept = new Map<string, SuiteFile>();
  const sources = body.suites.map((submitted) => ({
    source: { file: submitted.file, text: submitted.text },
    files: filesOf(submitted, kept),
  }));
  const { options } = body;
  const expanded = expandSuites(sources, {
    env: body.env,
    secrets: new Set(Object.keys(body.secrets).filter((name) => body.secrets[name] !== "")),
    strict: true,
    retries: options.retries,
    testTimeoutMs: options.testTimeoutMs,
    skipUnsupported: options.skipUnsupported,
    trace: options.trace,
    video: options.video,
    screenshots: options.screenshots,
  });
  if (expanded.kind === "refused") return refusedSuites(expanded.faults);
  const grep = readPattern(options.grep);
  if (grep === "invalid")
    return refused(
      "suite_invalid",
      `Cannot use grep ${JSON.stringify(options.grep)}: it is no regular expression`,
    );
  const { tests, warnings } = maskNames(
    selectTests(expanded.tests, { tags: options.tags, grep }),
    body.secrets,
  );
  const same = sameKey(tests);
  if (same !== undefined)
    return refused(
      "suite_invalid",
      `Cannot run ${same.file}:${same.line}: two tests are both ${same.key} once the values of secrets in their names are masked; name them for something else`,
    );
  const told = expanded.warnings.map(faultText);
  return { kind: "planned", tests, files: kept, warnings: [...told, ...warnings] };
}

function readPattern(text: string | undefined): TextPattern | "invalid" | undefined {
  if (text === undefined) return undefined;
  try {
    return toTextPattern(new RegExp(text));
  } catch {
    return "invalid"; // RegExp says no in no other way
  }
}

function filesOf(submitted: SubmittedSuite, kept: Map<string, SuiteFile>): SuiteFiles {
  const byPath = new Map(
    submitted.files.map((file) => {
      const bytes = new Uint8Array(Buffer.from(file.base64, "base64"));
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      return [file.path, { bytes, sha256 }] as const;
    }),
  );
  return (path) => {
    const file = byPath.get(path);
    if (file !== undefined) kept.set(file.sha256, file);
    return file;
  };
}

function checkPlan(
  parts: SubmitParts,
  body: SubmitRun,
  tests: readonly TestDefinition[],
): Refused | undefined {
  if (tests.length === 0 && !body.options.allowEmpty) {
    return refused(
      "nothing_to_run",
      "Nothing to run: no test is left after --tag and --grep; --allow-empty accepts that",
    );
  }
  const bytesMax = Math.min(parts.limits.definitionBytesMax, offerBytesMax(parts.core.mesh));
  const tooLarge = tests.find((test) => offerBytes(test, body) > bytesMax);
  if (tooLarge !== undefined) {
    return refused(
      "too_large",
      `Cannot run ${tooLarge.file}:${tooLarge.line} ${tooLarge.key}: one test and the values of its secrets may have ${bytesMax} bytes`,
    );
  }
  if (body.options.waitForNodesMs !== undefined) return undefined;
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
function offerBytes(test: TestDefinition, { secrets }: SubmitRun): number {
  const values = test.secrets.map((name) => secrets[name] ?? "");
  return Buffer.byteLength(JSON.stringify([test, values]));
}

async function keepFiles(parts: SubmitParts, plan: Plan): Promise<void> {
  const named = new Set(
    plan.tests.flatMap((test) => test.files.map((file) => file.sha256 as string)),
  );
  for (const [sha256, { bytes }] of plan.files) if (named.has(sha256)) await parts.blobs.put(bytes);
}

type Creation = {
  readonly body: SubmitRun;
  readonly idempotencyKey: string | undefined;
  readonly bodySha256: string;
  readonly plan: Plan;
  readonly estimates: readonly Estimate[];
};

async function createRun(
  parts: SubmitParts,
  { body, idempotencyKey, bodySha256, plan, estimates }: Creation,
): Promise<SubmitOutcome> {
  // Looked at again: another submit with this key may have come while the files were written.
  const repeated = findRepeated(parts, idempotencyKey, bodySha256);
  if (repeated !== undefined) return repeated;
  const run = await parts.core.createRun({
    runId: newRunId(systemIds),
    definitions: plan.tests,
    estimates,
    options: body.options,
    secrets: body.secrets,
    sealedSecrets: parts.seal.close(body.secrets),
    idempotencyKey,
    bodySha256,
  });
  return {
    kind: "created",
    run: summarize(run, parts.core.mesh.clock.wallMs()),
    warnings: plan.warnings.map(createRedactor(body.secrets).text),
  };
}

/** What is said of a suite may show what it says. */
function withoutSecrets(said: Refused, { secrets }: SubmitRun): Refused {
  const { text } = createRedactor(secrets);
  return { ...said, reason: text(said.reason), faults: said.faults.map(text) };
}

function refusedSuites(told: readonly Fault[]): Refused {
  const faults = told.filter(({ severity }) => severity === "error");
  return {
    kind: "refused",
    code: "suite_invalid",
    reason: `Cannot run: ${faults.length} fault(s) in the suites`,
    faults: faults.map(faultText),
  };
}

function refused(code: Refused["code"], reason: string): Refused {
  return { kind: "refused", code, reason, faults: [] };
}
