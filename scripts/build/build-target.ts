/** Builds one file of dist/, or finds that it is there already. A file has its name only once it was looked into. */
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundle } from "./bundle.ts";
import { type BuiltFile, checkFile } from "./check-file.ts";
import { inputsHash } from "./inputs-hash.ts";
import { lockedFile, lockedVersion } from "./locked-package.ts";
import { CACHE, DIST } from "./paths.ts";
import type { Target } from "./targets.ts";

export type Built = BuiltFile & { readonly path: string; readonly isReused: boolean };

/**
 * @param mayReuse Keep the file that is there, when it is what the same sources gave.
 * @throws {BuildError} When it cannot be built here; no file of that name is left then.
 */
export async function buildTarget(target: Target, mayReuse: boolean): Promise<Built> {
  const path = join(DIST, target.fileName);
  const inputs = inputsHash();
  if (mayReuse && isStamped(target, path, inputs)) {
    const { length } = readFileSync(path);
    return { path, bytes: length, format: target.format, isReused: true };
  }
  rmSync(path, { force: true });
  const addonPath = await lockedFile(target.addonPackage, "index.node");
  const runtimePath = await runtimeOf(target);
  mkdirSync(DIST, { recursive: true });
  const work = mkdtempSync(join(DIST, ".building-"));
  try {
    const outfile = join(work, target.fileName);
    await bundle({ target, runtimePath, addonPath, outfile });
    const built = checkFile(outfile, target, addonPath);
    renameSync(outfile, path);
    stamp(target, path, inputs);
    return { ...built, path, isReused: false };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The running bun serves its own machine when it is the locked one. */
async function runtimeOf(target: Target): Promise<string | undefined> {
  const { version } = lockedVersion(target.runtimePackage);
  const isOwn = target.bunTarget === `bun-${platformName()}-${process.arch}`;
  if (isOwn && Bun.version === version) return undefined;
  return lockedFile(target.runtimePackage, target.runtimeFile);
}

function platformName(): string {
  return process.platform === "win32" ? "windows" : process.platform;
}

const stampPath = (target: Target) => join(CACHE, `${target.fileName}.stamp`);

function stamp(target: Target, path: string, inputs: string): void {
  mkdirSync(CACHE, { recursive: true });
  writeFileSync(stampPath(target), `${inputs} ${hashOf(path)}`);
}

function isStamped(target: Target, path: string, inputs: string): boolean {
  try {
    return readFileSync(stampPath(target), "utf8") === `${inputs} ${hashOf(path)}`;
  } catch {
    // No stamp or no file yet.
    return false;
  }
}

function hashOf(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}
