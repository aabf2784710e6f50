/**
 * The environment as the program reads it: the only file that touches `process.env`. Table: README, "Configuration".
 * What a suite reads from the environment passes through `environmentValues`, by name.
 */
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { z } from "zod";
import { MeshError } from "./errors.ts";
import { DEFAULT_LIMITS, Limits } from "./limits.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export type Config = {
  /** The folder that relative paths are of: npm changes the working folder and keeps the caller's in `INIT_CWD`. */
  readonly callerDir: string;
  /** Where the gateway is, when no flag says so. */
  readonly gatewayUrl: string | undefined;
  /** The file that holds the API key, when no flag says so. */
  readonly keyFile: string | undefined;
  /** The file of the CA that signed the gateway's certificate, when no flag says so. */
  readonly caFile: string | undefined;
  /** A join token, so that it need not stand in a command line that other users can read. */
  readonly joinToken: string | undefined;
  /** The protocol's bounds, as `PANOPTIC_LIMITS` changed them. */
  readonly limits: Limits;
  /** `heartbeatMs=100`, one a changed bound; every process that has any says so. */
  readonly changedLimits: readonly string[];
  /** A file descriptor whose end means that the process which started this one is gone. */
  readonly lifelineFd: number | undefined;
  /** Where programs such as nats-server are looked for: PATH, or the standard places when there is none. */
  readonly searchPath: string;
  readonly homeDir: string;
  /** Where small things of this person lie: the last report's place, a node's data folder. */
  readonly stateDir: string;
  readonly output: OutputSettings;
  /** A person's screen can show windows of this process (X11, Wayland). */
  readonly hasDisplay: boolean;
  readonly ci: CiSettings;
};

/** What the environment says of the terminal, unjudged: cli/screen/colour.ts does that. */
export type OutputSettings = {
  readonly term: string | undefined;
  readonly noColour: string | undefined;
  readonly forceColour: string | undefined;
  /** A CI system keeps what is written, also when it gives a terminal. */
  readonly isCi: boolean;
};

/** The CI system whose step this is; neither: none that we know. */
export type CiSettings = {
  readonly github?: {
    readonly workspaceDir: string;
    /** Absent on runners that are too old for summaries. */
    readonly summaryPath: string | undefined;
  };
  readonly gitlab?: { readonly projectDir: string };
  /** What the CI system calls this build, the same on all of its machines; undefined: it says nothing that we know. */
  readonly buildId?: string | undefined;
};

/** An empty environment (`env -i`, a bare service) has no PATH; shells then search these too. */
const STANDARD_PATH =
  process.platform === "win32"
    ? ""
    : "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/homebrew/bin";

const Fd = z.coerce.number().int().min(0).max(1000);

/** Reads the settings of one process. @throws {MeshError} `usage` when a variable holds what it must not. */
export function readConfig(env: Environment = process.env): Config {
  const limits = readLimits(env["PANOPTIC_LIMITS"]);
  const fd = Fd.safeParse(env["PANOPTIC_LIFELINE_FD"]);
  const callerDir = filled(env["INIT_CWD"]) ?? process.cwd();
  return {
    callerDir,
    gatewayUrl: filled(env["PANOPTIC_GATEWAY"]),
    keyFile: filled(env["PANOPTIC_KEY_FILE"]),
    caFile: filled(env["PANOPTIC_CA"]),
    joinToken: filled(env["PANOPTIC_JOIN"]),
    limits,
    changedLimits: changesOf(limits),
    lifelineFd: fd.success ? fd.data : undefined,
    searchPath: filled(env["PATH"]) ?? STANDARD_PATH,
    homeDir: homeOf(env),
    stateDir: resolve(callerDir, filled(env["PANOPTIC_STATE"]) ?? join(homeOf(env), ".panoptic")),
    output: {
      term: env["TERM"] ?? (process.platform === "win32" ? "windows" : undefined),
      noColour: env["NO_COLOR"],
      forceColour: env["FORCE_COLOR"],
      isCi: isYes(env["CI"]) || isYes(env["GITHUB_ACTIONS"]) || isYes(env["GITLAB_CI"]),
    },
    hasDisplay: (filled(env["DISPLAY"]) ?? filled(env["WAYLAND_DISPLAY"])) !== undefined,
    ci: readCi(env),
  };
}

/** By the name of their variable, as two systems may use the same numbers. */
const BUILD_NAMES = ["GITHUB_RUN_ID", "CI_PIPELINE_ID", "BUILDKITE_BUILD_ID", "CIRCLE_WORKFLOW_ID"];

function readCi(env: Environment): CiSettings {
  const name = BUILD_NAMES.find((one) => filled(env[one]) !== undefined);
  const buildId = name === undefined ? undefined : `${name}=${env[name]}`;
  if (isYes(env["GITHUB_ACTIONS"])) {
    const workspaceDir = filled(env["GITHUB_WORKSPACE"]) ?? process.cwd();
    return { github: { workspaceDir, summaryPath: filled(env["GITHUB_STEP_SUMMARY"]) }, buildId };
  }
  const projectDir = filled(env["CI_PROJECT_DIR"]);
  if (isYes(env["GITLAB_CI"]) && projectDir !== undefined)
    return { gitlab: { projectDir }, buildId };
  return { buildId };
}

function isYes(value: string | undefined): boolean {
  return filled(value) !== undefined && value !== "0" && value !== "false";
}

function homeOf(env: Environment): string {
  try {
    return filled(env["HOME"]) ?? homedir();
  } catch {
    // A container's user need not be in the system's list of users.
    return process.cwd();
  }
}

/**
 * The proxy that the environment names for an address (`HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`, also in small letters);
 * undefined when there is none, or when it is no URL.
 */
export function proxyOf(
  url: URL,
  env: Record<string, string | undefined> = process.env,
): URL | undefined {
  const read = (name: string) => filled(env[name.toLowerCase()]) ?? filled(env[name]);
  const isSecure = url.protocol === "https:" || url.protocol === "wss:";
  const named = isSecure ? read("HTTPS_PROXY") : read("HTTP_PROXY");
  const host = url.hostname.toLowerCase();
  const isDirect = (entry: string) =>
    entry === "*" ||
    entry === host ||
    entry === url.host ||
    host.endsWith(`.${entry.replace(/^\*?\./, "")}`);
  const direct = (read("NO_PROXY") ?? "").split(",").map((entry) => entry.trim().toLowerCase());
  if (named === undefined || direct.some((entry) => entry !== "" && isDirect(entry)))
    return undefined;
  try {
    return new URL(named.includes("://") ? named : `http://${named}`);
  } catch {
    // The environment is the machine's: a proxy that cannot be read is none, as for fetch.
    return undefined;
  }
}

const LOOPBACK_NAMES = ["127.0.0.1", "localhost", "::1"];

/**
 * Keeps this machine's own addresses out of a proxy that the environment names: Bun's fetch would send even a request
 * to 127.0.0.1 through it (measured 2026-11, 1.4.5). Called once, before the first request; children inherit it.
 */
export function keepLoopbackDirect(env: Record<string, string | undefined> = process.env): void {
  for (const name of ["NO_PROXY", "no_proxy"]) {
    const kept = (env[name] ?? "").split(",").filter((entry) => entry.trim() !== "");
    env[name] = [...new Set([...kept, ...LOOPBACK_NAMES])].join(",");
  }
}

/**
 * Makes `path` the folder for temporary files of this process and of all that it starts from now on; returns how to
 * take that back.
 */
export function useTempDir(
  path: string,
  env: Record<string, string | undefined> = process.env,
): () => void {
  const before = env["TMPDIR"];
  env["TMPDIR"] = path;
  return () => {
    if (before === undefined) delete env["TMPDIR"];
    else env["TMPDIR"] = before;
  };
}

/** Variables that children need, whatever a suite calls a secret. */
const NEEDED = /^(PATH|HOME|TMPDIR|DISPLAY|[A-Z]+_PROXY)$/i;
const kept = new Set<string>();

/** From now on no child of this process gets these variables: they hold what a suite declared secret. */
export function keepFromChildren(names: readonly string[]): void {
  for (const name of names) if (!NEEDED.test(name)) kept.add(name);
}

/**
 * The environment of a program that is not ours (browser, ffmpeg): ours without our own settings, keys among them, and without
 * secrets. Given another `TMPDIR` it names ours as well: by that it is found when its owner is dead (guarded-folder.ts).
 */
export function foreignEnvironment(
  changes: Environment = {},
  env: Environment = process.env,
): Environment {
  const foreign = Object.entries(withoutKept(env)).filter(
    ([name]) => !name.startsWith("PANOPTIC_"),
  );
  const isMoved = changes["TMPDIR"] !== undefined && env["TMPDIR"] !== undefined;
  const mark = isMoved ? { PANOPTIC_TMPDIR: env["TMPDIR"] } : {};
  return { ...Object.fromEntries(foreign), ...changes, ...mark };
}

/** The environment of a child process: ours without what is only about this process and without secrets, and with `changes`. */
export function childEnvironment(
  changes: Environment,
  env: Environment = process.env,
): Environment {
  const { PANOPTIC_LIFELINE_FD: _, PANOPTIC_JOIN: __, ...rest } = withoutKept(env);
  return { ...rest, ...changes };
}

const withoutKept = (env: Environment): Environment =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !kept.has(name)));

/** The values of those names that are set. */
export function environmentValues(
  names: Iterable<string>,
  env: Environment = process.env,
): Record<string, string> {
  const values: Record<string, string> = {};
  for (const name of names) {
    const value = env[name];
    if (value !== undefined) values[name] = value;
  }
  return values;
}

function filled(value: string | undefined): string | undefined {
  return value === undefined || value === "" ? undefined : value;
}

function readLimits(text: string | undefined): Limits {
  if (filled(text) === undefined) return DEFAULT_LIMITS;
  const parsed = Limits.safeParse(parseLimitsJson(text ?? ""));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new MeshError(
    "usage",
    `Cannot read PANOPTIC_LIMITS: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`,
  );
}

/** @throws {MeshError} `usage` */
function parseLimitsJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new MeshError("usage", "Cannot read PANOPTIC_LIMITS: it is not JSON", { cause });
  }
}

function changesOf(limits: Limits): string[] {
  return Object.entries(limits)
    .filter(([name, value]) => DEFAULT_LIMITS[name as keyof Limits] !== value)
    .map(([name, value]) => `${name}=${value}`);
}
