/**
 * Files of packages for other machines, which npm does not install here: fetched by npm's own client, held against the
 * hash in package-lock.json, unpacked once into the cache. Owns no other version than the locked one.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { BuildError } from "./build-error.ts";
import { ROOT } from "./paths.ts";

const FETCH_MS_MAX = 10 * 60_000;
const OUTPUT_LENGTH_MAX = 4_000;

type Locked = { readonly version: string; readonly integrity: string };

/**
 * The path of a package's file: the installed one, else one that is fetched.
 *
 * @throws {BuildError} When the lock does not name the package, npm cannot fetch it, or its hash is another.
 */
export async function lockedFile(name: string, file: string, cacheDir: string): Promise<string> {
  const installed = join(ROOT, "node_modules", name, file);
  if (existsSync(installed)) return installed;
  const locked = lockedVersion(name);
  const folder = join(cacheDir, `${name.replace("/", "+")}-${locked.version}`);
  const path = join(folder, file);
  if (!existsSync(path)) await fetchPackage(name, locked, folder);
  if (existsSync(path)) return path;
  throw new BuildError(`Cannot use ${name}@${locked.version}: there is no ${file} in it`);
}

/** The version and hash that package-lock.json names. @throws {BuildError} When it names none. */
export function lockedVersion(name: string): Locked {
  const lock = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as {
    packages: Record<string, Partial<Locked>>;
  };
  const { version, integrity } = lock.packages[`node_modules/${name}`] ?? {};
  if (version !== undefined && integrity !== undefined) return { version, integrity };
  throw new BuildError(`Cannot fetch ${name}: package-lock.json does not name it with its hash`);
}

async function fetchPackage(name: string, locked: Locked, folder: string): Promise<void> {
  mkdirSync(dirname(folder), { recursive: true });
  const work = mkdtempSync(join(dirname(folder), "fetch-"));
  try {
    await packByNpm(`${name}@${locked.version}`, work);
    const packed = readdirSync(work).find((entry) => entry.endsWith(".tgz"));
    if (packed === undefined) throw new BuildError(`Cannot fetch ${name}: npm left no file`);
    const bytes = readFileSync(join(work, packed));
    checkIntegrity(name, bytes, locked.integrity);
    await new Bun.Archive(bytes).extract(work);
    await rm(folder, { recursive: true, force: true });
    await rename(join(work, "package"), folder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** @throws {BuildError} When the bytes are not those that the lock means. */
export function checkIntegrity(name: string, bytes: Buffer, integrity: string): void {
  const found = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
  if (integrity.split(" ").includes(found)) return;
  throw new BuildError(`Cannot use ${name}: its hash ${found} is not the locked ${integrity}`);
}

function packByNpm(spec: string, folder: string): Promise<void> {
  const words = ["pack", spec, "--pack-destination", folder, "--loglevel=error"];
  const isWindows = process.platform === "win32";
  const npm = spawn("npm", words, {
    cwd: folder,
    stdio: ["ignore", "ignore", "pipe"],
    shell: isWindows,
    timeout: FETCH_MS_MAX,
  });
  let said = "";
  npm.stderr.on("data", (chunk: Buffer) => {
    said = (said + chunk.toString("utf8")).slice(-OUTPUT_LENGTH_MAX);
  });
  return new Promise((done, fail) => {
    npm.once("error", (thrown) => fail(new BuildError(`Cannot start npm: ${thrown.message}`)));
    npm.once("close", (code, signal) => {
      if (code === 0) return done();
      const reason = firstWords(said) ?? `it ended with ${code ?? signal}`;
      fail(new BuildError(`Cannot fetch ${spec} by npm: ${reason}`));
    });
  });
}

/** The first line of what npm says, without its own mark. */
function firstWords(said: string): string | undefined {
  const [line] = said.trim().split("\n");
  return line?.replace(/^npm (error|ERR!) /, "") || undefined;
}
