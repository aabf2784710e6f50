/**
 * `npm run build`: every file of dist/, or those that `--target` names; a line each. Exit 1 when one could not be built.
 * `--reuse` keeps a file that the same sources gave; `--out DIR` and `--cache DIR` are other folders than the usual.
 */
import { relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { BuildError } from "./build-error.ts";
import { type BuildOptions, buildTarget } from "./build-target.ts";
import { CACHE, DIST, ROOT } from "./paths.ts";
import { TARGETS, type Target } from "./targets.ts";

process.exit(await main());

async function main(): Promise<number> {
  const wanted = readWords();
  if (wanted === undefined) return 2;
  const ends: boolean[] = [];
  for (const target of wanted.targets) ends.push(await say(target, wanted));
  return ends.every(Boolean) ? 0 : 1;
}

async function say(target: Target, options: BuildOptions): Promise<boolean> {
  const startedMs = performance.now();
  try {
    const { path, bytes, format, isReused } = await buildTarget(target, options);
    const took = isReused
      ? "unchanged"
      : `built in ${((performance.now() - startedMs) / 1000).toFixed(1)} s`;
    console.log(`${named(path)}  ${(bytes / 1e6).toFixed(1)} MB  ${format}  ${took}`);
    return true;
  } catch (thrown) {
    if (!(thrown instanceof BuildError)) throw thrown;
    console.error(`NOT BUILT ${target.name}: ${thrown.message}`);
    return false;
  }
}

/** Short below the checkout. */
function named(path: string): string {
  const short = relative(ROOT, path);
  return short.startsWith("..") ? path : short;
}

type Wanted = BuildOptions & { readonly targets: readonly Target[] };

/** The command line; undefined when it is wrong, which was said then. */
function readWords(): Wanted | undefined {
  try {
    const { values } = parseArgs({
      args: process.argv.slice(2),
      options: {
        target: { type: "string", multiple: true },
        reuse: { type: "boolean", default: false },
        out: { type: "string", default: DIST },
        cache: { type: "string", default: CACHE },
      },
    });
    return {
      targets: targetsOf(values.target),
      mayReuse: values.reuse,
      outDir: resolve(values.out),
      cacheDir: resolve(values.cache),
    };
  } catch (thrown) {
    console.error(`Cannot build: ${thrown instanceof Error ? thrown.message : thrown}`);
    return undefined;
  }
}

function targetsOf(names: readonly string[] | undefined): readonly Target[] {
  const unknown = names?.filter((name) => !TARGETS.some((target) => target.name === name)) ?? [];
  if (unknown.length > 0) {
    const known = TARGETS.map(({ name }) => name).join(", ");
    throw new BuildError(`there is no target ${unknown.join(", ")}: there are ${known}`);
  }
  return TARGETS.filter(({ name }) => names?.includes(name) ?? true);
}
