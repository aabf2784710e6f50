/**
 * The single file as people get it: built once for this machine (and again only when the sources change), alone in a
 * folder outside of the checkout, started with no environment but what a test gives it.
 */
import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync } from "node:fs";
import { join, relative } from "node:path";
import { hostTarget } from "../../scripts/build/targets.ts";
import { type Program, type ProgramEnd, watchProgram } from "./program.ts";
import { ROOT } from "./source-tree.ts";
import { temporaryPlace } from "./temporary-place.ts";

export type BareFolder = {
  readonly dir: string;
  /** For the temporary files of what is started; empty. */
  readonly temporary: string;
  readonly binary: string;
  /** Starts `./panoptic WORDS` there with this environment and nothing else. */
  readonly start: (words: readonly string[], env?: Readonly<Record<string, string>>) => Program;
  readonly run: (
    words: readonly string[],
    env?: Readonly<Record<string, string>>,
  ) => Promise<ProgramEnd>;
};

const NAME = "panoptic";
const BUILD_MS_MAX = 120_000;

/** Builds the file for this machine unless it is there; its path. @throws {Error} With what the build said. */
export function builtFile(): string {
  const target = hostTarget();
  if (target === undefined) throw new Error("No file is built for this kind of machine");
  const words = [join(ROOT, "scripts/build.mjs"), "--target", target.name, "--reuse"];
  const { status, stdout, stderr } = spawnSync("node", words, {
    encoding: "utf8",
    timeout: BUILD_MS_MAX,
  });
  if (status !== 0) throw new Error(`The build ended with ${status}:\n${stdout}${stderr}`);
  return join(ROOT, "dist", target.fileName);
}

/** A new folder that holds the file and nothing else, removed after the test. */
export function bareFolder(file: string): BareFolder {
  const dir = temporaryPlace("panoptic-bare-");
  if (!relative(ROOT, dir).startsWith("..")) {
    throw new Error(`The folder ${dir} lies in the checkout: packages could be found from there`);
  }
  const binary = join(dir, NAME);
  copyFileSync(file, binary);
  const temporary = join(dir, "tmp");
  mkdirSync(temporary);
  const start: BareFolder["start"] = (words, env = {}) =>
    watchProgram(
      spawn(binary, words, {
        cwd: dir,
        env: env as NodeJS.ProcessEnv,
        detached: true,
        stdio: ["ignore", "pipe", "pipe"],
      }),
    );
  return { dir, temporary, binary, start, run: (words, env) => start(words, env).ended };
}
