/** What a run of suites submits: the suites, read and checked, and which of their tests are asked for. */
import type { SubmitRun } from "#proto/api.ts";
import type { TestKey } from "#proto/ids.ts";
import type { TestDefinition } from "#proto/test.ts";
import { MeshError } from "#shared/errors.ts";
import { toTextPattern } from "#shared/pattern/text-pattern.ts";
import { selectTests } from "#suite/select-tests.ts";
import { tellRefusal } from "../ci/tell-ci.ts";
import type { Context } from "../context.ts";
import { fromCaller } from "../paths.ts";
import { chooseOut } from "./choose-out.ts";
import { type LoadedSuites, loadSuites } from "./load-suites.ts";
import { type RunCommandOptions, toRunOptions } from "./run-options.ts";

export type ReadRun = {
  readonly loaded: LoadedSuites;
  /** The report's folder, absolute. */
  readonly out: string;
};

export type ReadOptions = RunCommandOptions & {
  /** Of this machine, when its own nodes will run the tests; undefined: nobody knows yet. */
  readonly isShown: boolean | undefined;
};

/** Reads the suites and says what is wrong with them; `isFaulty`: something is. @throws {MeshError} `usage` when a word names none. */
export function readRun(
  words: readonly string[],
  options: ReadOptions,
  context: Context,
): ReadRun & { readonly isFaulty: boolean } {
  const { config, terminal } = context;
  const { retries, testTimeout, skipUnsupported, isShown: hasDisplay } = options;
  const loaded = loadSuites(words, {
    callerDir: config.callerDir,
    isStrict: true,
    retries,
    testTimeout,
    skipUnsupported,
    hasDisplay,
    otherFiles: [options.history, options.quarantine]
      .filter((file) => file !== undefined)
      .map((file) => fromCaller(config.callerDir, file)),
  });
  const out = chooseOut(loaded.outputs, options.out);
  for (const line of [...loaded.faults, ...loaded.warnings, ...out.warnings]) terminal.warn(line);
  const isFaulty = loaded.faults.length > 0;
  if (isFaulty) tellRefusal(loaded.places, context);
  return { loaded, out: fromCaller(config.callerDir, out.folder), isFaulty };
}

/** The tests that tags, pattern and keys leave. */
export function selectedTests(
  { tests }: LoadedSuites,
  { tag: tags, grep }: RunCommandOptions,
  keys: readonly TestKey[] | undefined,
): readonly TestDefinition[] {
  const pattern = grep === undefined ? undefined : toTextPattern(new RegExp(grep));
  const selection = { tags, grep: pattern, keys: keys && new Set<string>(keys) };
  return selectTests(tests, selection);
}

/** What is submitted. @throws {MeshError} `nothing_to_run` when no test is selected and nobody allowed that. */
export function submitBody(
  loaded: LoadedSuites,
  options: RunCommandOptions,
  {
    keys,
    buildId,
  }: { readonly keys: readonly TestKey[] | undefined; readonly buildId?: string | undefined },
): SubmitRun {
  if (selectedTests(loaded, options, keys).length === 0 && options.allowEmpty !== true) {
    const all = keys === undefined ? loaded.tests.length : keys.length;
    throw new MeshError(
      "nothing_to_run",
      `Cannot run: none of the ${all} tests is selected; --allow-empty makes a run of nothing pass`,
    );
  }
  const told = toRunOptions(options, buildId);
  return { ...loaded.body, options: keys === undefined ? told : { ...told, keys: [...keys] } };
}
