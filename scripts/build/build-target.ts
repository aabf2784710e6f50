/** Builds one file of dist/, or finds that it is there already. A file has its name only once it was looked into. */
import { createHash } from "node:crypto";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { bundle } from "./bundle.ts";
import { type BuiltFile, checkFile } from "./check-file.ts";
import { inputsHash } from "./inputs-hash.ts";
import { lockedFile, lockedVersion } from "./locked-package.ts";
import { signAdHoc, signatureFault } from "./mach-o-signature.ts";
import { hostTarget, type Target } from "./targets.ts";

const WORK_PREFIX = ".building-";

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
  try {
    return await buildAnew(target, { ...options, path, stampPath, inputs });
  } catch (thrown) {
    // An older file of that name would pretend to be this one.
    rmSync(path, { force: true });
    throw thrown;
  }
}

type Building = BuildOptions & {
  readonly path: string;
  readonly stampPath: string;
  readonly inputs: string;
};

/** Replaces the file as a whole, so that whoever uses the older one meanwhile is not disturbed. */
async function buildAnew(target: Target, building: Building): Promise<Built> {
  const { outDir, cacheDir, path } = building;
  const addonPath = await lockedFile(target.addonPackage, "index.node", cacheDir);
  const runtimePath = await runtimeOf(target, cacheDir);
  mkdirSync(outDir, { recursive: true });
  sweepWork(outDir);
  const work = mkdtempSync(join(outDir, `${WORK_PREFIX}${process.pid}-`));
  try {
    const outfile = join(work, target.fileName);
    await bundle({ target, runtimePath, addonPath, outfile });
    if (target.isSigned) mendSignature(outfile);
    const built = checkFile(outfile, target, addonPath);
    renameSync(outfile, path);
    mkdirSync(cacheDir, { recursive: true });
    writeFileSync(building.stampPath, stampOf(path, building.inputs));
    return { ...built, path, isReused: false };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Removes what builds left that were killed. */
function sweepWork(outDir: string): void {
  for (const name of readdirSync(outDir)) {
    if (
      !name.startsWith(WORK_PREFIX) ||
      isAlive(Number.parseInt(name.slice(WORK_PREFIX.length), 10))
    )
      continue;
    rmSync(join(outDir, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    // Gone, or another user's, whose files cannot be removed anyway.
    return false;
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
