/** Builds one file of dist/, or finds that it is there already. A file has its name only once it was looked into. */
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundle } from "./bundle.ts";
import { type BuiltFile, checkFile } from "./check-file.ts";
import { inputsHash } from "./inputs-hash.ts";
import { lockedFile, lockedVersion } from "./locked-package.ts";
import { signAdHoc, signatureFault } from "./mach-o-signature.ts";
import { hostTarget, type Target } from "./targets.ts";

export type BuildOptions = {
  /** Keep the file that is there, when it is what the same sources gave. */
  readonly mayReuse: boolean;
  readonly outDir: string;
  /** Foreign packages and stamps. */
  readonly cacheDir: string;
};

export type Built = BuiltFile & { readonly path: string; readonly isReused: boolean };

/** Builds the file. @throws {BuildError} When it cannot be built here; no file of that name is left then. */
export async function buildTarget(target: Target, options: BuildOptions): Promise<Built> {
  const { outDir, cacheDir } = options;
  const path = join(outDir, target.fileName);
  const stampPath = join(cacheDir, `${target.fileName}.stamp`);
  const inputs = inputsHash();
  if (options.mayReuse && isStamped(stampPath, path, inputs)) {
    const { length } = readFileSync(path);
    return { path, bytes: length, format: target.format, isReused: true };
  }
  rmSync(path, { force: true });
  const addonPath = await lockedFile(target.addonPackage, "index.node", cacheDir);
  const runtimePath = await runtimeOf(target, cacheDir);
  mkdirSync(outDir, { recursive: true });
  const work = mkdtempSync(join(outDir, ".building-"));
  try {
    const outfile = join(work, target.fileName);
    await bundle({ target, runtimePath, addonPath, outfile });
    if (target.isSigned) mendSignature(outfile);
    const built = checkFile(outfile, target, addonPath);
    renameSync(outfile, path);
    mkdirSync(cacheDir, { recursive: true });
    writeFileSync(stampPath, stampOf(path, inputs));
    return { ...built, path, isReused: false };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Signs what Bun left with a signature that does not fit. */
function mendSignature(path: string): void {
  const file = readFileSync(path);
  if (signatureFault(file) !== undefined) writeFileSync(path, signAdHoc(file, "panoptic"));
}

/** The running bun serves its own machine when it is the locked one. */
async function runtimeOf(target: Target, cacheDir: string): Promise<string | undefined> {
  const { version } = lockedVersion(target.runtimePackage);
  if (target === hostTarget() && Bun.version === version) return undefined;
  return lockedFile(target.runtimePackage, target.runtimeFile, cacheDir);
}

function isStamped(stampPath: string, path: string, inputs: string): boolean {
  try {
    return readFileSync(stampPath, "utf8") === stampOf(path, inputs);
  } catch {
    // No stamp or no file yet.
    return false;
  }
}

function stampOf(path: string, inputs: string): string {
  return `${inputs} ${createHash("sha256").update(readFileSync(path)).digest("hex")}`;
}
