/**
 * The only place where dependencies are changed for the single file: requires whose path is computed at run time,
 * which a bundler cannot see and which would fail wherever there is no node_modules. Each must be found exactly once:
 * when an update moves the text, the build stops and says which patch to look at.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { BuildError } from "./build-error.ts";
import { ROOT } from "./paths.ts";

export type Patch = {
  /** Name of the package and the file in it. */
  readonly package: string;
  readonly file: string;
  /** Occurs exactly once in that file. */
  readonly find: string;
  readonly replace: string;
  readonly why: string;
};

/** @param addonPath The native part of libSQL for the machine that is built for. */
export function patchesFor(addonPath: string): readonly Patch[] {
  return [
    {
      package: "playwright-core",
      file: "lib/coreBundle.js",
      find: 'require(import_path8.default.join(packageRoot, "package.json"))',
      replace: 'require("../package.json")',
      why: "its own version",
    },
    {
      package: "playwright-core",
      file: "lib/coreBundle.js",
      find: 'require(import_path19.default.join(packageRoot, "browsers.json"))',
      replace: 'require("../browsers.json")',
      why: "the revisions of the browsers and of ffmpeg that it looks for",
    },
    {
      package: "playwright-core",
      file: "lib/coreBundle.js",
      find: 'import_path2.default.join(__dirname, "webp_codec.wasm")',
      replace: 'require("./webp_codec.wasm")',
      why: "the WebP codec, embedded as a file",
    },
    {
      package: "libsql",
      file: "index.js",
      find: "function requireNative() {",
      replace: `function requireNative() {\n  return require(${JSON.stringify(addonPath)});`,
      why: "the native part for the machine that is built for, embedded as a file",
    },
    {
      package: "libsql",
      file: "index.js",
      find: 'const { load, currentTarget } = require("@neon-rs/load");',
      replace: "",
      why: "only asks which machine this is, which the patch above has answered",
    },
    {
      package: "axe-core",
      file: "axe.js",
      find: axeFile("axe.js"),
      replace:
        'module.exports = { source: require("node:fs").readFileSync(require("./axe.min.js"), "utf8") };',
      why: "only its text is wanted, for pages, and a bundler changes what a function says of itself",
    },
    {
      package: "libsql",
      file: "index.js",
      find: 'const { familySync, GLIBC, MUSL } = require("detect-libc");',
      replace: "",
      why: "the same, and it may start other programs to find out",
    },
  ];
}

/** Files that patches make the program read as they are, not run, by their path below node_modules. */
export const EMBEDDED: readonly string[] = ["axe-core/axe.min.js"];

/** The files that the patches change, by their path below node_modules. */
export function patchedFiles(patches: readonly Patch[]): string[] {
  return [...new Set(patches.map((patch) => `${patch.package}/${patch.file}`))];
}

/**
 * Applies the patches of one file to its text.
 *
 * @param name The file's path below node_modules.
 * @throws {BuildError} When a text that is looked for has moved or is no longer the only one.
 */
export function applyPatches(name: string, text: string, patches: readonly Patch[]): string {
  return patches
    .filter((patch) => `${patch.package}/${patch.file}` === name)
    .reduce((patched, patch) => {
      const count = patched.split(patch.find).length - 1;
      if (count === 1) return patched.replace(patch.find, () => patch.replace);
      throw new BuildError(
        `Cannot patch ${name} (${patch.why}): its text has moved: found ${count} times instead of once: ${patch.find}`,
      );
    }, text);
}

/** Scripts of axe-core as its makers publish them. */
const axeFile = (name: string): string =>
  readFileSync(join(ROOT, "node_modules", "axe-core", name), "utf8");
