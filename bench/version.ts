/**
 * How long the single file takes to answer: `version` and `--help`, beside a compiled program that prints one line, which
 * is what Bun itself costs, and beside the same command from the checkout. All in turns, in the same minutes.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { buildTarget } from "../scripts/build/build-target.ts";
import { CACHE, DIST } from "../scripts/build/paths.ts";
import { hostTarget } from "../scripts/build/targets.ts";
import { figure, medianOf, percentileOf } from "./figures.ts";
import { measureCommand } from "./measured-command.ts";

const ROUNDS = 20;
const GOAL_MS = 30;

/** Prints median and p95 of each command, and how many times the bare program's it is. */
export async function version(): Promise<void> {
  const target = hostTarget();
  if (target === undefined) {
    console.log("  not measured: no file is built for this kind of machine");
    return;
  }
  const { path } = await buildTarget(target, { mayReuse: true, outDir: DIST, cacheDir: CACHE });
  const dir = await mkdtemp(join(tmpdir(), "panoptic-bench-"));
  try {
    const bare = await buildBare(dir);
    const main = resolve(import.meta.dirname, "..", "src", "cli", "main.ts");
    await compare(dir, {
      "bare program": [bare],
      version: [path, "version"],
      "--help": [path, "--help"],
      "version, from the checkout": [process.execPath, main, "version"],
    });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
  console.log(
    `  Goal: version in at most ${GOAL_MS} ms. The files are in the cache of the system:`,
  );
  console.log(
    "  not measured: the first start after a reboot, and commands that load the product.",
  );
}

/** A compiled program that prints one line and loads nothing. */
async function buildBare(dir: string): Promise<string> {
  const source = join(dir, "bare.ts");
  const outfile = join(dir, "bare");
  await writeFile(source, 'console.log("0.1.0");\n');
  await Bun.build({
    entrypoints: [source],
    target: "bun",
    format: "esm",
    minify: true,
    bytecode: true,
    compile: { outfile, autoloadDotenv: false, autoloadBunfig: false },
  });
  return outfile;
}

async function compare(
  dir: string,
  commands: Readonly<Record<string, readonly string[]>>,
): Promise<void> {
  const times = new Map<string, number[]>();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, command] of Object.entries(commands)) {
      const { wallMs } = await measureCommand(command, dir);
      times.set(name, [...(times.get(name) ?? []), wallMs]);
    }
  }
  const base = medianOf(times.get("bare program") ?? []);
  for (const [name, values] of times) {
    const median = medianOf(values);
    console.log(
      `  ${name}: median ${figure(median)} ms, p95 ${figure(percentileOf(values, 0.95))} ms of ${ROUNDS}, ${figure(median / base)} times the bare program`,
    );
  }
}
