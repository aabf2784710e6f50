/**
 * `run --watch`: runs, then again what a change is about, as long as somebody watches. The mesh of its own stays
 * between runs, with its browsers: a run again begins at once. Suites with faults are told and waited for.
 */
import type { TestKey } from "#proto/ids.ts";
import type { Report } from "#proto/report.ts";
import { MeshError } from "#shared/errors.ts";
import { findAffected } from "../choice/affected.ts";
import { shownKeysOf } from "../choice/choose-tests.ts";
import { countText } from "../choice/last-failed.ts";
import { isOpen, keyOf } from "../choice/last-run.ts";
import type { Context } from "../context.ts";
import { EXIT_REFUSED, exitCodeOf, isExpected } from "../exit-code.ts";
import { forPeople } from "../paths.ts";
import { findSuites } from "../run/find-suites.ts";
import type { LoadedSuites } from "../run/load-suites.ts";
import { type ReadRun, selectedTests } from "../run/prepare-run.ts";
import type { RunCommandOptions } from "../run/run-options.ts";
import type { Stream } from "../terminal.ts";
import { hasKeys, type Key, listenForKeys } from "./keys.ts";
import { changesBetween, type Look, lookAt, waitForChanges } from "./look.ts";

export type WatchOptions = {
  readonly words: readonly string[];
  readonly options: RunCommandOptions;
  readonly context: Context;
  readonly stream: Stream;
  /** Reads the suites, and says what is wrong with them. @throws {MeshError} When none are there. */
  readonly read: () => ReadRun & { readonly isFaulty: boolean };
  /** The tests of the first run; undefined: all. @throws {MeshError} When there are none. */
  readonly first: (loaded: LoadedSuites) => Promise<readonly TestKey[] | undefined>;
  /** Runs these tests to their report; returns the exit code. */
  readonly run: (ready: ReadRun, asked: Asked) => Promise<number>;
  /** The person wants to leave. */
  readonly interrupt: AbortSignal;
};

export type Asked = {
  readonly keys: readonly TestKey[] | undefined;
  readonly onReport: (report: Report) => void;
  /** Cancels the run. */
  readonly interrupt: AbortSignal;
};

/** Why it runs now. */
type Cause = "first" | "changes" | "all" | "failed";

/** Watches until the person leaves; returns the exit code of the last run, 2 when there was none. */
export async function watch(options: WatchOptions): Promise<number> {
  const watcher = new Watcher(options);
  const stopKeys = hasKeys() ? listenForKeys(watcher.onKey) : () => undefined;
  try {
    return await watcher.go();
  } finally {
    stopKeys();
  }
}

class Watcher {
  readonly #options: WatchOptions;
  readonly #quit = new AbortController();
  readonly #leaving: AbortSignal;
  /** By their keys as reports show them: those whose last outcome here is no pass. */
  readonly #open = new Set<string>();
  /** Changed and not run since. */
  readonly #pending = new Map<string, string>();
  /** Files of the last read, also those that suites name. */
  #paths: readonly string[] = [];
  /** A key that nobody has obeyed yet. */
  #key: Key | undefined;
  #onKey: () => void = () => undefined;
  #exitCode = EXIT_REFUSED;
  /** Until then everything runs, whatever happens. */
  #hasRun = false;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#leaving = AbortSignal.any([options.interrupt, this.#quit.signal]);
  }

  readonly onKey = (key: Key): void => {
    if (key === "quit") return this.#quit.abort();
    this.#key = key;
    this.#onKey();
  };

  async go(): Promise<number> {
    let cause: Cause = "first";
    for (;;) {
      const seen = this.#look();
      const ready = this.#read();
      // What is named first now is looked at as it is now: the read has seen it so, or later.
      const known = new Map([...lookAt(this.#paths), ...seen]);
      if (ready !== undefined && !this.#leaving.aborted) await this.#run(ready, cause);
      if (this.#leaving.aborted) return this.#exitCode;
      this.#say(this.#waitingText());
      const next = await this.#next(known);
      if (next === undefined) return this.#exitCode;
      cause = this.#hasRun ? next : "first";
    }
  }

  /** At the suites that the words name now, and at all that was read last. */
  readonly #look = (): Look => {
    const { words, context } = this.#options;
    const found = this.#tryTo(
      () => findSuites(words, context.config.callerDir),
      () => undefined,
    );
    return lookAt(new Set([...(found ?? []).map(({ path }) => path), ...this.#paths]));
  };

  #read(): ReadRun | undefined {
    const { context, read } = this.#options;
    const warn = (message: string) => context.terminal.warn(`panoptic: ${message}`);
    const ready = this.#tryTo(read, warn);
    if (ready === undefined) return undefined;
    this.#paths = ready.loaded.suites.flatMap(({ path, named }) => [path, ...named]);
    return ready.isFaulty ? undefined : ready;
  }

  /** What people do wrong is told, and they mend it while we watch. */
  #tryTo<T>(act: () => T, tell: (message: string) => void): T | undefined {
    try {
      return act();
    } catch (thrown) {
      if (!isExpected(thrown)) throw thrown;
      tell(thrown.message);
      return undefined;
    }
  }

  async #run(ready: ReadRun, cause: Cause): Promise<void> {
    const { options, context, run } = this.#options;
    try {
      const keys = await this.#keysFor(ready.loaded, cause);
      if (keys !== undefined && selectedTests(ready.loaded, options, keys).length === 0)
        return this.#say(`nothing to run: ${NOTHING[cause]}`);
      this.#hasRun = true;
      const onReport = (report: Report) => this.#take(report);
      this.#exitCode = await run(ready, { keys, onReport, interrupt: this.#leaving });
    } catch (thrown) {
      if (!(thrown instanceof MeshError) || !isExpected(thrown)) throw thrown;
      context.terminal.warn(`panoptic: ${thrown.message}`);
      this.#exitCode = exitCodeOf(thrown);
    }
  }

  async #keysFor(loaded: LoadedSuites, cause: Cause): Promise<readonly TestKey[] | undefined> {
    const { suites, tests } = loaded;
    const changes = new Map(this.#pending);
    this.#pending.clear();
    if (cause === "first") return this.#options.first(loaded);
    if (cause === "all") return undefined;
    if (cause === "failed") {
      const shown = shownKeysOf(loaded);
      return tests.filter((_, index) => this.#open.has(shown[index] ?? "")).map(({ key }) => key);
    }
    const { callerDir } = this.#options.context.config;
    const shown = (path: string) => forPeople(callerDir, path);
    const { keys, lines } = findAffected({ suites, tests, changes, shown });
    for (const line of lines) this.#say(line.trim());
    return keys;
  }

  #take(report: Report): void {
    for (const test of report.tests) {
      if (isOpen(test)) this.#open.add(keyOf(test));
      else this.#open.delete(keyOf(test));
    }
  }

  /** Waits for a change, a key or the end; undefined at the end. */
  async #next(known: Look): Promise<Cause | undefined> {
    const pressed = new AbortController();
    this.#onKey = () => pressed.abort();
    if (this.#key !== undefined) pressed.abort();
    const signal = AbortSignal.any([this.#leaving, pressed.signal]);
    try {
      const awaiting = { clock: this.#options.context.clock, look: this.#look, signal };
      for (const [path, how] of await waitForChanges(known, awaiting)) this.#pending.set(path, how);
      return "changes";
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
      const key = this.#key;
      this.#key = undefined;
      if (this.#leaving.aborted) return undefined;
      for (const [path, how] of changesBetween(known, this.#look())) this.#pending.set(path, how);
      return key === "failed" ? "failed" : "all";
    } finally {
      this.#onKey = () => undefined;
    }
  }

  #waitingText(): string {
    const files = this.#paths.length;
    const keys = hasKeys() ? "; Enter: all, f: failed, q: quit" : "; Ctrl-C ends it";
    const open = this.#open.size === 0 ? "" : `, ${countText(this.#open.size)} to mend`;
    return `watching ${files} file${files === 1 ? "" : "s"}${open}${keys}`;
  }

  #say(text: string): void {
    this.#options.stream.print([[text]]);
  }
}

const NOTHING: Readonly<Record<Cause, string>> = {
  first: "no test is selected",
  all: "no test is selected",
  changes: "no selected test uses what has changed",
  failed: "none failed",
};
