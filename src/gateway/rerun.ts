/**
 * Tests of a run that has ended run again, as a run of their own: their definitions are those that were kept, so that
 * nobody needs the suites; the values of their secrets are not, and must be brought again (K1).
 */
import type { RunOptions } from "#proto/api.ts";
import { EvidencePolicy } from "#proto/evidence.ts";
import type { RunId } from "#proto/ids.ts";
import type { RerunOptions, RerunOutlook, RerunRun, RerunTests } from "#proto/rerun.ts";
import type { TestDefinition } from "#proto/test.ts";
import { byCodeUnit } from "#suite/reading/order.ts";
import { forgetDeselected, withFrames } from "#suite/select-tests.ts";
import { recollect } from "./history/recollect.ts";
import { maskNames } from "./mask-names.ts";
import type { RunState, TestState } from "./mesh/run-state.ts";
import { type Refused, refused } from "./planning/plan-run.ts";
import type { EstimatedPlan } from "./planning/take-slice.ts";
import type { GatewayService } from "./service.ts";
import { launch, type SubmitParts } from "./submit.ts";

/** Makes the two answers about reruns. */
export function createRerun(parts: SubmitParts): Pick<GatewayService, "rerun" | "rerunOutlook"> {
  return {
    rerunOutlook: (id, which) => {
      const run = parts.core.shownRun(id);
      return run === undefined ? undefined : outlookOf(chosenOf(run, which));
    },
    rerun: async (id, body, idempotencyKey) => {
      const run = parts.core.shownRun(id);
      if (run === undefined) return undefined;
      return launch(parts, {
        secrets: body.secrets,
        idempotencyKey,
        bodySha256: parts.seal.fingerprint(JSON.stringify([id, body])),
        plan: () => planRerun(parts, run, body),
      });
    },
  };
}

/** Without what waits for tests that are not among them: they have passed. */
function chosenOf(run: RunState, which: RerunTests): readonly TestDefinition[] {
  const all = run.tests.map(({ definition }) => definition);
  if (which === "all") return all;
  const chosen = run.tests.filter(isOpen).map(({ definition }) => definition);
  return forgetDeselected(withFrames(chosen, all), all).tests;
}

/** Failed, lost, or never run because others failed. */
function isOpen({ decided, closed }: TestState): boolean {
  if (decided?.verdict === "failed" || decided?.verdict === "lost") return true;
  return closed?.code === "max_failures" || closed?.code === "after_failed";
}

function outlookOf(chosen: readonly TestDefinition[]): RerunOutlook {
  return {
    count: chosen.length,
    secrets: [...new Set(chosen.flatMap(({ secrets }) => secrets))].toSorted(byCodeUnit),
  };
}

async function planRerun(
  { core, store, blobs }: SubmitParts,
  run: RunState,
  body: RerunRun,
): Promise<EstimatedPlan | Refused> {
  if (run.end === undefined)
    return refused("conflict", `Cannot rerun ${run.id}: it has not ended; cancel it first`);
  const chosen = chosenOf(run, body.tests);
  const absent = outlookOf(chosen).secrets.filter((name) => (body.secrets[name] ?? "") === "");
  if (absent.length > 0) return refusedSecrets(run.id, absent);
  const gone = chosen.flatMap(({ files }) => files).find(({ sha256 }) => !blobs.isWhole(sha256));
  if (gone !== undefined)
    return refused(
      "conflict",
      `Cannot rerun ${run.id}: its file ${gone.path} is not on the gateway any more`,
    );
  const { tests, warnings } = maskNames(
    chosen.map((test) => withOptions(test, body.options)),
    body.secrets,
  );
  return {
    kind: "planned",
    tests,
    estimates: await recollect(core.mesh, store, tests),
    files: new Map(),
    warnings,
    options: optionsOf(run.options, body.options),
    origin: { rerunOf: run.id },
  };
}

/** Each by its name: whoever asked sees them all at once. */
function refusedSecrets(runId: RunId, names: readonly string[]): Refused {
  return {
    kind: "refused",
    code: "suite_invalid",
    reason: `Cannot rerun ${runId}: the gateway has forgotten the values of its secrets, and these are not there now: ${names.join(", ")}`,
    faults: names.map((name) => `The secret ${name} has no value`),
  };
}

/** What was said at submit went into the tests; what is said now does, too. */
function withOptions(test: TestDefinition, options: RerunOptions): TestDefinition {
  const { retries = test.retries, testTimeoutMs: timeoutMs = test.timeoutMs } = options;
  const { trace, video, screenshots, har } = options;
  const said = Object.entries({ trace, video, screenshots, har }).filter(
    ([, when]) => when !== undefined,
  );
  if (said.length === 0) return { ...test, retries, timeoutMs };
  const evidence = EvidencePolicy.parse({ ...test.evidence, ...Object.fromEntries(said) });
  return { ...test, retries, timeoutMs, evidence };
}

/** The tests are chosen, repeated and sliced already. */
function optionsOf(before: RunOptions, { allowEmpty = false, ...now }: RerunOptions): RunOptions {
  const { grep: _chosen, repeatEach: _made, shard: _sliced, ...kept } = before;
  return { ...kept, tags: [], ...now, allowEmpty };
}
