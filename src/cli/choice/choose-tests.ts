/** Which of the loaded tests a call means beyond tags and pattern: `--last-failed`, `--changed-since`, both of them together. */
import { maskNames } from "#gateway/mask-names.ts";
import type { TestKey } from "#proto/ids.ts";
import { MeshError } from "#shared/errors.ts";
import type { ApiClient } from "../api-client.ts";
import type { Context } from "../context.ts";
import { forPeople } from "../paths.ts";
import type { LoadedSuites } from "../run/load-suites.ts";
import { findAffected } from "./affected.ts";
import { changesSince } from "./git.ts";
import { type Choice, chooseLastFailed, countText } from "./last-failed.ts";
import { askLastRun, isOpen, type LastRun, readLastRun } from "./last-run.ts";

export type ChoiceOptions = {
  readonly lastFailed?: boolean;
  /** A revision of git. */
  readonly changedSince?: string;
  readonly out?: string;
  readonly allowEmpty?: boolean;
};

export type WantedSuites = {
  readonly words: readonly string[];
  /** The last run as its report tells it. */
  readonly last: LastRun | undefined;
};

/**
 * The suites that a call names; where it names none, those of what failed in the last run.
 *
 * @throws {MeshError} `usage` when neither says any.
 */
export function wantedSuites(
  words: readonly string[],
  options: ChoiceOptions,
  context: Context,
): WantedSuites {
  const last = options.lastFailed === true ? readLastRun(options.out, context) : undefined;
  if (words.length > 0) return { words, last };
  if (options.lastFailed !== true)
    throw new MeshError(
      "usage",
      "Cannot run: missing required argument 'suite': a file, a folder or a glob",
    );
  if (last === undefined) throw noLastRun("; name the suites, or run them first");
  const open = last.tests.filter(isOpen);
  const files = (open.length > 0 ? open : last.tests).map(({ file }) => file);
  return { words: [...new Set(files)], last };
}

const noLastRun = (advice: string): MeshError =>
  new MeshError(
    "usage",
    `Cannot tell what failed in the last run: no report of a run from this folder is there${advice}`,
  );

export type Choosing = {
  readonly loaded: LoadedSuites;
  readonly options: ChoiceOptions;
  readonly last: LastRun | undefined;
  /** Of the gateway that was named, if one was. */
  readonly client: ApiClient | undefined;
};

export type Chosen = {
  /** Undefined: all. */
  readonly keys: readonly TestKey[] | undefined;
  /** What was chosen and why. */
  readonly lines: readonly string[];
};

/** @throws {MeshError} `nothing_to_run` when nothing is chosen and nobody allowed that; `usage` when it cannot be told. */
export async function chooseTests(choosing: Choosing, context: Context): Promise<Chosen> {
  const { lastFailed, changedSince } = choosing.options;
  const choices = [
    ...(lastFailed === true ? [await lastFailedOf(choosing)] : []),
    ...(changedSince === undefined ? [] : [changedOf(choosing, changedSince, context)]),
  ];
  if (choices.length === 0) return { keys: undefined, lines: [] };
  const lines: string[] = [];
  let keys: readonly TestKey[] | undefined;
  for (const choice of choices) {
    if (choice.kind === "nothing") lines.push(allowNothing(choice, choosing.options));
    else lines.push(...choice.lines);
    const chosen = new Set(choice.kind === "nothing" ? [] : choice.keys);
    keys = keys === undefined ? [...chosen] : keys.filter((key) => chosen.has(key));
  }
  return { keys, lines };
}

/** What is said of a run of nothing. @throws {MeshError} `nothing_to_run` when nobody allowed it. */
function allowNothing(
  { reason, isFault }: Extract<Choice, { kind: "nothing" }>,
  { allowEmpty }: ChoiceOptions,
): string {
  if (allowEmpty === true && !isFault) return `nothing to run: ${reason}`;
  const advice = isFault ? "" : "; --allow-empty makes a run of nothing pass";
  throw new MeshError("nothing_to_run", `Nothing to run: ${reason}${advice}`);
}

async function lastFailedOf({ loaded, last, client }: Choosing): Promise<Choice> {
  const { tests, suites } = loaded;
  const shownKeys = shownKeysOf(loaded);
  const known = last ?? (client && (await askLastRun(client, new Set<string>(shownKeys))));
  if (known === undefined) {
    const where = client === undefined ? "" : ", and the gateway knows no run of these tests";
    throw noLastRun(`${where}; run the suites first`);
  }
  const files = new Set(suites.map(({ file }) => file));
  return chooseLastFailed({ last: known, tests, shownKeys, files });
}

/** The keys of the tests as reports show them, in the tests' order: values of secrets are masked there. */
export function shownKeysOf({ tests, body }: LoadedSuites): readonly string[] {
  return maskNames(tests, body.secrets).tests.map(({ key }) => key);
}

function changedOf({ loaded }: Choosing, revision: string, { config }: Context): Choice {
  const { suites, tests } = loaded;
  const paths = suites.flatMap(({ path, named }) => [path, ...named]);
  const changes = changesSince({ revision, paths });
  const shown = (path: string) => forPeople(config.callerDir, path);
  const { keys, lines } = findAffected({ suites, tests, changes, shown });
  if (keys.length === 0) {
    const reason = `no suite, and no file that one names, has changed since ${revision}`;
    return { kind: "nothing", reason, isFault: false };
  }
  const head = `${keys.length} of ${countText(tests.length)} changed since ${revision}:`;
  return { kind: "chosen", keys, lines: [head, ...lines] };
}
