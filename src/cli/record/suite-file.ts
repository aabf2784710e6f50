/** The file that a recording grows in: always whole, as each version is put in place at once; and files beside it. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import type { Recording } from "#node/drivers/web/record/recorder.ts";
import { MeshError, messageOf } from "#shared/errors.ts";
import { writeRecorded } from "#suite/convert/write-recorded.ts";
import { baseNameOf } from "#suite/source.ts";

export type SuiteFileOptions = {
  /** Absolute. */
  readonly path: string;
  /** Whether a file that is there may be replaced. */
  readonly mayReplace: boolean;
};

export type GrowingSuite = {
  readonly write: (recording: Recording) => void;
  /** Keeps a file beside the suite, under a name that no other file has; returns the name. */
  readonly keepFile: (name: string, bytes: Uint8Array | undefined) => string;
  /** Names of files that nothing could be kept of. */
  readonly placeholders: () => readonly string[];
};

const NAMES_MAX = 1_000;

/** Looks whether it can be written. @throws {MeshError} `usage` when it cannot, or is there already. */
export function openSuiteFile({ path, mayReplace }: SuiteFileOptions): GrowingSuite {
  if (!/\.ya?ml$/i.test(path))
    throw new MeshError(
      "usage",
      `Cannot record to ${path}: its name ends neither in .yaml nor .yml`,
    );
  if (existsSync(path) && !mayReplace)
    throw new MeshError(
      "usage",
      `Cannot record to ${path}: there is a file already; name another one, or say --overwrite`,
    );
  const dir = dirname(path);
  const placeholders: string[] = [];
  return {
    write: (recording) => put(path, textOf(path, recording)),
    keepFile: (name, bytes) => {
      const kept = freeName(dir, basename(name.replaceAll("\\", "/")) || "file", bytes);
      if (bytes === undefined) placeholders.push(kept);
      if (!existsSync(join(dir, kept))) writeFileSync(join(dir, kept), bytes ?? "");
      return kept;
    },
    placeholders: () => placeholders,
  };
}

function put(path: string, text: string): void {
  const fresh = `${path}.${process.pid}.tmp`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(fresh, text);
    renameSync(fresh, path);
  } catch (cause) {
    throw new MeshError("usage", `Cannot write ${path}: ${messageOf(cause)}`, { cause });
  }
}

function textOf(path: string, { baseUrl, steps, secrets }: Recording): string {
  const need =
    secrets.length === 0
      ? []
      : [`Its secrets are not in it: set ${secrets.join(", ")} in the environment of the run.`];
  const head = ["Recorded by panoptic record.", ...need];
  return writeRecorded({ name: baseNameOf(path), baseUrl, secrets, steps, head });
}

/** The name itself, or with a number: a file with other content is somebody's. */
function freeName(dir: string, name: string, bytes: Uint8Array | undefined): string {
  const ending = extname(name);
  const base = name.slice(0, name.length - ending.length);
  for (let count = 1; count < NAMES_MAX; count += 1) {
    const tried = count === 1 ? name : `${base}-${count}${ending}`;
    const path = join(dir, tried);
    if (!existsSync(path)) return tried;
    if (readFileSync(path).equals(Buffer.from(bytes ?? ""))) return tried;
  }
  throw new MeshError(
    "usage",
    `Cannot keep ${name} beside the suite: too many files have its name`,
  );
}
