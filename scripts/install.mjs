/**
 * Installs what the project needs and is missing: node packages (npm ci, bun's binary) and system tools (apt).
 * Plain Node 20 without packages, since it runs before there are any. Says everything on stderr.
 * Owns no decision about what to do next: callers get a result or an `InstallError` with the command to type.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";

/** The checkout. */
export const ROOT = resolve(import.meta.dirname, "..");

const MODULES = join(ROOT, "node_modules");
const STAMP = join(MODULES, ".panoptic-stamp");
/** A skipped install script leaves a text of some hundred bytes where the binary belongs. */
const BUN_BYTES_MIN = 1_000_000;
const INSTALL_ROUNDS_MAX = 600;

/** Something is missing and could not be installed; the message says what to type. */
export class InstallError extends Error {
  name = "InstallError";
}

/** Says a line about the installation on stderr. */
export function say(text) {
  process.stderr.write(`panoptic: ${text}\n`);
}

/** Where the bundled bun is; it exists once `ensurePackages` returned. */
export function bunPath() {
  return join(MODULES, "bun", "bin", "bun.exe");
}

/**
 * Installs the node packages of package-lock.json unless they are there. A stamp makes the second call a matter of
 * one read: no npm process.
 *
 * @throws {InstallError} When npm is missing or fails.
 */
export async function ensurePackages() {
  const wanted = lockHash();
  if (isStamped(wanted)) return;
  await withInstallLock(() => {
    if (isStamped(wanted)) return;
    if (!hasLockedPackages()) installPackages();
    if (!hasBun()) fetchBun();
    writeFileSync(STAMP, wanted);
  });
}

function lockHash() {
  return createHash("sha256")
    .update(readFileSync(join(ROOT, "package-lock.json")))
    .digest("hex");
}

function isStamped(wanted) {
  try {
    return readFileSync(STAMP, "utf8") === wanted && hasBun();
  } catch {
    return false; // no stamp yet
  }
}

function hasBun() {
  return existsSync(bunPath()) && statSync(bunPath()).size >= BUN_BYTES_MIN;
}

/** True when somebody ran npm by hand and what it installed is what the lock says. */
function hasLockedPackages() {
  const hidden = join(MODULES, ".package-lock.json");
  if (!existsSync(hidden)) return false;
  const wanted = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")).packages;
  const found = JSON.parse(readFileSync(hidden, "utf8")).packages;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === "") return true;
    if (found[path] === undefined) return entry.optional === true;
    return found[path].version === entry.version && existsSync(join(ROOT, path));
  });
}

/** `npm ci` where the lock is whole; a registry that lacks some platforms' packages makes it refuse, and install does not. */
function installPackages() {
  say("installing node packages (npm ci)");
  if (npm(["ci", "--include=dev"]) === 0) return;
  say("npm ci failed; trying npm install --no-save");
  const status = npm(["install", "--no-save", "--include=dev"]);
  if (status === 0) return;
  throw new InstallError(
    `Cannot install the node packages: npm ended with ${status}; type: (cd ${ROOT} && npm ci)`,
  );
}

function npm(words) {
  const done = spawnSync("npm", [...words, "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: ROOT,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  return done.error?.message ?? done.status ?? done.signal;
}

/** npm may be told to skip install scripts; bun's fetches its binary. */
function fetchBun() {
  say("fetching bun's binary");
  spawnSync(process.execPath, [join(MODULES, "bun", "install.js")], {
    cwd: join(MODULES, "bun"),
    stdio: ["ignore", 2, 2],
  });
  if (!hasBun()) {
    throw new InstallError(
      `Cannot fetch bun; type: (cd ${ROOT} && npm ci && node node_modules/bun/install.js)`,
    );
  }
}

/**
 * One installation at a time per checkout. The lock is a listening socket, so it dies with its process, also by kill -9.
 */
async function withInstallLock(act) {
  for (let round = 0; round < INSTALL_ROUNDS_MAX; round += 1) {
    const lock = await tryLock();
    if (lock !== undefined) {
      try {
        return act();
      } finally {
        lock.close();
      }
    }
    if (round === 0) say("waiting for another installation in this checkout");
    await untilLockIsFree();
  }
  throw new InstallError("Cannot install: another installation in this checkout does not end");
}

function lockAddress() {
  const id = createHash("sha256").update(ROOT).digest("hex").slice(0, 20);
  if (process.platform === "linux") return `\0panoptic-install-${id}`;
  if (process.platform === "win32") return `\\\\.\\pipe\\panoptic-install-${id}`;
  return join(tmpdir(), `panoptic-install-${id}.sock`);
}

function tryLock() {
  return new Promise((done, fail) => {
    const server = createServer((socket) => socket.on("error", () => socket.destroy()));
    server.once("error", (fault) => (fault.code === "EADDRINUSE" ? done(undefined) : fail(fault)));
    server.listen(lockAddress(), () => done(server));
  });
}

/** Connects to the holder and waits until it hangs up; a second at most, so that a lost race is tried again. */
function untilLockIsFree() {
  return new Promise((done) => {
    const socket = connect(lockAddress());
    const timer = setTimeout(() => socket.destroy(), 1000);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      clearTimeout(timer);
      setTimeout(done, 50);
    });
  });
}

const TOOLS = {
  "nats-server": () => onPath("nats-server"),
  "chromium-headless-shell": () =>
    existsSync("/usr/lib/chromium/chromium-headless-shell") || onPath("chromium-headless-shell"),
  ffmpeg: () => onPath("ffmpeg"),
  zsh: () => onPath("zsh"),
  fish: () => onPath("fish"),
};

function onPath(name) {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];
  return folders.some((folder) => folder !== "" && existsSync(join(folder, name)));
}

/**
 * Installs system tools by apt where it may: as root, or by a sudo that asks for no password.
 *
 * @throws {InstallError} With the exact command to type, when it may not or apt fails.
 */
export function ensureTools(names) {
  const missing = names.filter((name) => !TOOLS[name]());
  if (missing.length === 0) return;
  const sudo = process.getuid?.() === 0 ? "" : "sudo ";
  const command = `${sudo}apt-get update && ${sudo}apt-get install -y ${missing.join(" ")}`;
  const prefix = aptPrefix();
  if (prefix === undefined)
    throw new InstallError(`Missing: ${missing.join(", ")}; type: ${command}`);
  say(`installing ${missing.join(", ")} (apt-get)`);
  apt(prefix, ["update"]);
  apt(prefix, ["install", "-y", "--no-install-recommends", ...missing]);
  const still = missing.filter((name) => !TOOLS[name]());
  if (still.length > 0)
    throw new InstallError(`Could not install ${still.join(", ")}; type: ${command}`);
}

function aptPrefix() {
  if (!onPath("apt-get")) return undefined;
  if (process.getuid?.() === 0) return [];
  const sudo = spawnSync("sudo", ["-n", "true"], { stdio: "ignore" });
  return sudo.status === 0 ? ["sudo", "-n"] : undefined;
}

function apt(prefix, args) {
  const words = [
    ...prefix,
    "env",
    "DEBIAN_FRONTEND=noninteractive",
    "apt-get",
    "-qq",
    "-o",
    "DPkg::Lock::Timeout=300",
    ...args,
  ];
  // A failed update is not the end: the lists may be there already, and a failed install shows itself.
  spawnSync(words[0], words.slice(1), { stdio: ["ignore", 2, 2] });
}
