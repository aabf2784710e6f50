/** What git says has changed since a revision: in commits, in the index, in the folder, and files that it does not know yet. */
import { spawnSync } from "node:child_process";
import { realpathSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { foreignEnvironment } from "#shared/config.ts";
import { MeshError } from "#shared/errors.ts";
import type { Changes } from "./affected.ts";

export type SinceOptions = {
  readonly revision: string;
  /** Absolute paths of the files that matter, whether they exist or not. */
  readonly paths: readonly string[];
};

const GIT_MS_MAX = 60_000;
const OUTPUT_BYTES_MAX = 256 * 1024 * 1024;

/**
 * How each of the paths has changed since the revision; those that have not are absent. A file that git ignores counts
 * as changed, as nobody knows whether it is.
 *
 * @throws {MeshError} `usage` when there is no git, a path lies in no repository, or its repository has no such revision.
 */
export function changesSince({ revision, paths }: SinceOptions): Changes {
  const found = new Map<string, string>();
  for (const [root, own] of byRepository(paths)) {
    const commit = commitOf(root, revision);
    const changed = new Map([...diffSince(root, commit), ...untracked(root)]);
    const ignored = ignoredOf(
      root,
      own.map(({ inside }) => inside),
    );
    for (const { path, inside } of own) {
      const how = changed.get(inside) ?? (ignored.has(inside) ? IGNORED : undefined);
      if (how !== undefined) found.set(path, how);
    }
  }
  return found;
}

const IGNORED = "ignored by git, so nobody knows whether it has changed";

/** A path and what it is called in its repository: a link by its own name and by that of what it leads to. */
type Place = { readonly path: string; readonly inside: string };

function byRepository(paths: readonly string[]): Map<string, Place[]> {
  const roots = new Map<string, string>();
  const grouped = new Map<string, Place[]>();
  for (const path of new Set(paths)) {
    for (const real of namesOf(path)) {
      const folder = dirname(real);
      const root = roots.get(folder) ?? rootOf(folder, path);
      roots.set(folder, root);
      grouped.set(root, [...(grouped.get(root) ?? []), { path, inside: insideOf(root, real) }]);
    }
  }
  return grouped;
}

const insideOf = (root: string, path: string): string => relative(root, path).replaceAll("\\", "/");

function namesOf(path: string): string[] {
  try {
    const own = join(realpathSync(dirname(path)), basename(path));
    return [...new Set([own, realpathSync(path)])];
  } catch {
    // Not there: the suite's reader says so; it is changed if git knew it.
    return [];
  }
}

function rootOf(folder: string, path: string): string {
  const { status, stdout, stderr } = git(folder, ["rev-parse", "--show-toplevel"]);
  const root = stdout.replace(/\n$/, "");
  if (status === 0 && root !== "") return realpathSync(root);
  const why = stderr.includes("not a git repository") ? "it lies in no git repository" : stderr;
  throw refused(`${path}: ${why}`);
}

/** Never taken for an option, whatever it is called. */
function commitOf(root: string, revision: string): string {
  const asked = ["rev-parse", "--verify", "--quiet", "--end-of-options", `${revision}^{commit}`];
  const { status, stdout } = git(root, asked);
  if (status === 0) return stdout.trim();
  throw refused(
    `${JSON.stringify(revision)} is no revision of the git repository ${root} (in a shallow clone it may have to be fetched first)`,
  );
}

const WORDS: Readonly<Record<string, string>> = { A: "new", M: "modified", T: "of another kind" };

/** The folder as it is now beside the commit: what is committed, staged and neither. */
function* diffSince(root: string, commit: string): Generator<[string, string]> {
  const words = ["diff", "--name-status", "-z", "--find-renames", "--no-ext-diff", commit, "--"];
  const parts = textOf(root, words).split("\0");
  for (let index = 0; index + 1 < parts.length; index += 2) {
    const status = parts[index] ?? "";
    const first = parts[index + 1] ?? "";
    if (!/^[RC]/.test(status)) {
      yield [first, WORDS[status] ?? "changed"];
      continue;
    }
    index += 1;
    yield [
      parts[index + 1] ?? "",
      `${status.startsWith("R") ? "renamed" : "copied"} from ${first}`,
    ];
  }
}

function* untracked(root: string): Generator<[string, string]> {
  const names = textOf(root, ["ls-files", "--others", "--exclude-standard", "-z"]);
  for (const name of names.split("\0")) if (name !== "") yield [name, "new, not in git yet"];
}

function ignoredOf(root: string, names: readonly string[]): ReadonlySet<string> {
  // 1: none of them is.
  const { status, stdout, stderr } = git(root, ["check-ignore", "-z", "--stdin"], names.join("\0"));
  if (status === 0 || status === 1) return new Set(stdout.split("\0"));
  throw refused(stderr);
}

function textOf(root: string, words: readonly string[]): string {
  const { status, stdout, stderr } = git(root, words);
  if (status === 0) return stdout;
  throw refused(stderr);
}

type Answer = { readonly status: number; readonly stdout: string; readonly stderr: string };

function git(folder: string, words: readonly string[], input = ""): Answer {
  const { status, stdout, stderr, error } = spawnSync(
    "git",
    ["--no-optional-locks", "-C", folder, ...words],
    {
      input,
      encoding: "utf8",
      timeout: GIT_MS_MAX,
      maxBuffer: OUTPUT_BYTES_MAX,
      env: foreignEnvironment({ LC_ALL: "C" }) as NodeJS.ProcessEnv,
    },
  );
  if (error !== undefined && "code" in error && error.code === "ENOENT")
    throw refused("git is not installed (Debian and Ubuntu: sudo apt-get install -y git)");
  if (error !== undefined) throw refused(`git ${words[0]} did not answer: ${error.message}`);
  return { status: status ?? -1, stdout, stderr: stderr.trim() };
}

const refused = (why: string): MeshError =>
  new MeshError("usage", `Cannot tell what has changed: ${why}`);
