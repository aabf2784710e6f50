/**
 * One call of Bun.build: the program, its patched dependencies and a bun for the target in one file.
 *
 * Splitting keeps what commands load lazily apart (without it `version` took 19 ms instead of 16; 2 cores, 2026-11), and
 * bytecode spares parsing. Settings that lie in the caller's folder (.env, bunfig.toml) are never read: they are the tests'.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { BuildError } from "./build-error.ts";
import { applyPatches, EMBEDDED, patchedFiles, patchesFor } from "./patches.ts";
import { ROOT } from "./paths.ts";
import type { Target } from "./targets.ts";

export type BundleOptions = {
  readonly target: Target;
  /** Bun's executable for the target; absent: the running one. */
  readonly runtimePath: string | undefined;
  /** libSQL's native part for the target. */
  readonly addonPath: string;
  readonly outfile: string;
};

/** What dependencies ask for only where people have it installed beside them: never here. */
const NEVER_THERE = ["electron", "electron/index.js", "chromium-bidi/*"];
/** Where a bundled file says it lies; no such folder exists, and the machine that built it stays unnamed. */
const NOWHERE = "/panoptic-single-file/lib";

/** Writes the file. @throws {BuildError} When the bundler refuses, or a patch had nothing to change. */
export async function bundle({ target, runtimePath, addonPath, outfile }: BundleOptions) {
  const patches = patchesFor(addonPath);
  const unpatched = new Set(patchedFiles(patches));
  const plugin: Bun.BunPlugin = {
    name: "panoptic-patches",
    setup: (build) => {
      for (const name of EMBEDDED) {
        const load = ({ path }: Bun.OnLoadArgs) =>
          ({ contents: readFileSync(path), loader: "file" }) as const;
        build.onLoad({ filter: endOfPath(`node_modules/${name}`) }, load);
      }
      for (const name of patchedFiles(patches)) {
        build.onLoad({ filter: endOfPath(`node_modules/${name}`) }, ({ path }) => {
          unpatched.delete(name);
          const contents = applyPatches(name, readFileSync(path, "utf8"), patches);
          return { contents, loader: "js" };
        });
      }
    },
  };
  const done = await Bun.build({
    entrypoints: [join(ROOT, "src", "cli", "main.ts")],
    target: "bun",
    format: "esm",
    splitting: true,
    minify: true,
    bytecode: true,
    external: NEVER_THERE,
    define: { __dirname: JSON.stringify(NOWHERE), __filename: JSON.stringify(`${NOWHERE}/file`) },
    loader: { ".wasm": "file" },
    plugins: [plugin],
    throw: false,
    compile: {
      target: target.bunTarget,
      outfile,
      autoloadDotenv: false,
      autoloadBunfig: false,
      ...(runtimePath === undefined ? {} : { executablePath: runtimePath }),
    },
  });
  if (!done.success) {
    throw new BuildError(`Cannot bundle ${target.name}: ${done.logs.map(String).join("; ")}`);
  }
  if (unpatched.size > 0) {
    throw new BuildError(
      `Cannot bundle ${target.name}: the program no longer loads ${[...unpatched].join(", ")}: see scripts/build/patches.ts`,
    );
  }
}

function endOfPath(path: string): RegExp {
  return new RegExp(
    `(^|/)${path.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`.replaceAll("/", "[\\\\/]"),
  );
}
