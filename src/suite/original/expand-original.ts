/** Expands an original suite that was read to its tests: one app, one test. */
import type { TestDefinition } from "#proto/test.ts";
import type { FaultLog } from "../reading/fault-log.ts";
import { TESTS_PER_SUITE_MAX } from "../source.ts";
import { testKey } from "../test-key.ts";
import type { OriginalAction } from "./actions.ts";
import type { OriginalApp } from "./apps.ts";
import type { OriginalSuite } from "./original-suite.ts";
import { planSteps } from "./plan-steps.ts";

export type OriginalInputs = {
  /** Further attempts; the format knows none. */
  readonly retries?: number | undefined;
  /** Replaces the bound of an attempt that follows from its steps. */
  readonly testTimeoutMs?: number | undefined;
  /** Whether what is not supported yet is skipped and shown, instead of refused. */
  readonly skipUnsupported?: boolean | undefined;
  /** Whether the machines that will run it can show a window; undefined when nobody knows yet. */
  readonly hasDisplay?: boolean | undefined;
};

/** An attempt is never given more than this, however many steps it has. */
const ATTEMPT_MS_MAX = 24 * 60 * 60 * 1000;
/** What an attempt has beyond the bounds of its steps. */
const SPARE_MS = 1_000;

/** Expands all apps; what is wrong with them is in the log, and then the tests are not to be used. */
export function expandOriginal(
  suite: OriginalSuite,
  inputs: OriginalInputs,
  log: FaultLog,
): readonly TestDefinition[] {
  if (inputs.skipUnsupported !== true) tellUnsupported(suite, log);
  const { windowAt } = suite.settings;
  if (windowAt !== undefined && inputs.hasDisplay === false)
    log.warn(
      windowAt,
      "headless: false needs a display, and this machine has none: it runs headless",
    );
  if (suite.apps.length > TESTS_PER_SUITE_MAX)
    log.error(
      suite.apps[TESTS_PER_SUITE_MAX]?.at ?? suite.nameAt,
      `Expected at most ${TESTS_PER_SUITE_MAX} apps a suite, found ${suite.apps.length}`,
    );
  return suite.apps.map((app) => expandApp(app, suite, { inputs, log }));
}

function tellUnsupported(suite: OriginalSuite, log: FaultLog): void {
  const advice = "--skip-unsupported runs the suite without it";
  for (const { type, typeAt } of suite.apps)
    if (type !== "web") log.error(typeAt, `The app type "${type}" is not supported yet: ${advice}`);
  for (const { kind, typeAt, deed } of [
    ...suite.actions,
    ...suite.apps.flatMap(({ actions }) => actions),
  ])
    if (deed.type === "unsupported")
      log.error(typeAt, `The action type "${kind}" is not supported yet: ${advice}`);
}

function expandApp(
  app: OriginalApp,
  suite: OriginalSuite,
  { inputs, log }: { readonly inputs: OriginalInputs; readonly log: FaultLog },
): TestDefinition {
  const { settings } = suite;
  const { timeoutMs } = app;
  const actions = app.actions.length > 0 ? app.actions : suite.actions;
  const appSkip =
    app.type === "web" ? undefined : `The app type "${app.type}" is not supported yet`;
  tellLongWaits(app, actions, log);
  const { steps, longestMs } = planSteps(
    { actions, appUrl: app.url?.trim(), timeoutMs, settings, skip: appSkip },
    log,
  );
  const skip = appSkip ?? emptyReason(actions);
  return {
    key: testKey(suite.name, app.name, {}),
    name: app.name,
    suite: suite.name,
    file: suite.file,
    line: app.at.line,
    tags: [],
    platform: "web",
    timeoutMs: inputs.testTimeoutMs ?? Math.min(longestMs + SPARE_MS, ATTEMPT_MS_MAX),
    stepTimeoutMs: timeoutMs,
    retries: inputs.retries ?? 0,
    viewport: settings.viewport,
    web: { ...settings.web, environment: app.environment },
    needs: { labels: [] },
    ...(skip === undefined ? {} : { skip }),
    steps: [...steps],
    files: [],
    secrets: [],
  };
}

/** Why a test of which nothing could be executed is skipped. */
function emptyReason(actions: readonly OriginalAction[]): string | undefined {
  if (actions.length === 0) return "The app has no actions";
  if (actions.some(({ deed }) => deed.type !== "unsupported")) return undefined;
  const kinds = [...new Set(actions.map(({ kind }) => kind))].join(", ");
  return `None of its actions is supported yet: ${kinds}`.slice(0, 1_000);
}

function tellLongWaits(
  { name, timeoutMs }: OriginalApp,
  actions: readonly OriginalAction[],
  log: FaultLog,
): void {
  for (const { deed, at } of actions) {
    if (deed.type !== "wait" || deed.waitMs <= timeoutMs) continue;
    log.warn(
      at,
      `The wait of ${deed.waitMs / 1_000} s is longer than the timeout of ${timeoutMs / 1_000} s of the app ${JSON.stringify(name)}: it will fail`,
    );
  }
}
