/** `run --debug`: a run of one test, or up to the first that fails, on a node in this process that is held at its steps. */
import { isatty } from "node:tty";
import type { TestKey } from "#proto/ids.ts";
import type { Context } from "../context.ts";
import type { Endpoint } from "../endpoint.ts";
import { forPeople, fromCaller } from "../paths.ts";
import type { LoadedSuites } from "../run/load-suites.ts";
import { startOwnMesh } from "../run/own-mesh.ts";
import { selectedTests } from "../run/prepare-run.ts";
import type { RunCommandOptions } from "../run/run-options.ts";
import type { Stream } from "../terminal.ts";
import { chooseDebugged } from "./choose-test.ts";
import { createDebugger, type StopAt } from "./debugger.ts";
import { readLinesIn } from "./lines-in.ts";

const PICTURES_DIR = "panoptic-debug";

/** What a run that is held says unless it was told: one failure is looked at, and is one. */
export function debugOptions(options: RunCommandOptions): RunCommandOptions {
  const { retries = 0, maxFailures = 1 } = options;
  return { ...options, retries, maxFailures };
}

/** The test to run; of `--debug-on-failure` all that were chosen. @throws {MeshError} `usage` when it is not one. */
export function debuggedKeys(
  loaded: LoadedSuites,
  options: RunCommandOptions,
  keys: readonly TestKey[] | undefined,
): readonly TestKey[] | undefined {
  const tests = selectedTests(loaded, options, keys);
  if (options.debug === undefined || tests.length === 0) return keys;
  return [chooseDebugged(tests, options.debug.line).key];
}

export type Debugging = {
  readonly options: RunCommandOptions;
  readonly context: Context;
  readonly stream: Stream;
  readonly isHeadless: boolean;
  readonly conduct: (endpoint: Endpoint, quit: AbortSignal) => Promise<number>;
};

/** Runs to the report; returns the exit code. */
export async function debugSuites(debugging: Debugging): Promise<number> {
  const { options, context, stream, isHeadless } = debugging;
  const { callerDir } = context.config;
  const quit = new AbortController();
  const say = (text: string) => stream.print(text.split("\n").map((line) => [line]));
  say(isHeadless ? "browsers run headless: this machine has no display" : "browsers run headed");
  const lines = readLinesIn();
  const gate = createDebugger({
    lines,
    say,
    prompt: isatty(0) ? () => stream.write("debug> ") : undefined,
    picturesDir: fromCaller(callerDir, PICTURES_DIR),
    shown: (path) => forPeople(callerDir, path),
    stop: stopOf(options),
    isHeadless,
    clock: context.clock,
    onQuit: () => quit.abort(),
  });
  try {
    await using mesh = await startOwnMesh({}, context, gate);
    return await debugging.conduct(mesh.endpoint, quit.signal);
  } finally {
    lines.close();
  }
}

function stopOf({ debug, debugOnFailure }: RunCommandOptions): StopAt {
  if (debug?.line !== undefined) return { kind: "line", line: debug.line };
  return debug === undefined && debugOnFailure === true ? { kind: "failure" } : { kind: "next" };
}
