/** Which files a person means by SUITE: a file, a folder or a glob. Reads no suite, but for telling JSON rows from JSON suites. */
import { type Dirent, existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, matchesGlob, resolve, sep } from "node:path";
import { MeshError, messageOf } from "#shared/errors.ts";
import { isFlowFile } from "#suite/flow-file.ts";
import { SUITE_BYTES_MAX } from "#suite/source.ts";
import { holdsReport } from "../report/out-folder.ts";

export type SuiteFile = {
  /** As the person named it, or under the folder that they named. */
  readonly file: string;
  readonly path: string;
};

const SUITE_ENDING = /\.(ya?ml|json)$/i;
const GLOB_SIGNS = /[*?[{]/;
const FILES_MAX = 100_000;

/**
 * Finds the suite files of the words of a command line, each once, in a stable order.
 *
 * In a folder `node_modules`, hidden folders and reports of earlier runs are passed over, and so are JSON files that are
 * no mapping with `tests` or `apps`: they are rows that a suite names, or histories.
 *
 * @param otherFiles Absolute paths that the call names as something else: passed over in folders and globs.
 * @throws {MeshError} `usage` when a word names nothing.
 */
export function findSuites(
  words: readonly string[],
  callerDir: string,
  otherFiles: readonly string[] = [],
): SuiteFile[] {
  const found = new Map<string, SuiteFile>();
  for (const word of words) {
    for (const suite of filesOf(word, callerDir, otherFiles)) {
      if (!found.has(suite.path)) found.set(suite.path, suite);
    }
  }
  return [...found.values()];
}

function filesOf(word: string, callerDir: string, otherFiles: readonly string[]): SuiteFile[] {
  const path = resolve(callerDir, word);
  const isOther = (file: SuiteFile) => otherFiles.includes(file.path);
  if (existsSync(path) && !statSync(path).isDirectory()) return [oneFile(word, path)];
  if (existsSync(path)) return inFolder(word, path).filter((file) => !isOther(file));
  if (!GLOB_SIGNS.test(word))
    throw new MeshError("usage", `Cannot find the suite ${word}: there is no such file or folder`);
  return byGlob(word, callerDir).filter((file) => !isOther(file));
}

function oneFile(word: string, path: string): SuiteFile {
  if (SUITE_ENDING.test(path)) return { file: word, path };
  throw new MeshError(
    "usage",
    `Cannot use ${word} as a suite: its name ends neither in .yaml, .yml nor .json`,
  );
}

function inFolder(word: string, path: string): SuiteFile[] {
  const files = walk(path)
    .filter(looksLikeSuite)
    .map((name) => ({ file: join(word, name), path: join(path, name) }));
  if (files.length > 0) return files;
  throw new MeshError(
    "usage",
    `Cannot find a suite in the folder ${word}: it holds no .yaml, .yml or .json suite`,
  );

  function looksLikeSuite(name: string): boolean {
    if (!SUITE_ENDING.test(name)) return false;
    return /\.json$/i.test(name) ? isJsonSuite(join(path, name)) : !holdsFlows(join(path, name));
  }
}

function byGlob(word: string, callerDir: string): SuiteFile[] {
  const pattern = word.replace(/^\.\//, "");
  const base = fixedPart(pattern);
  const root = resolve(callerDir, base);
  const names = existsSync(root) && statSync(root).isDirectory() ? walk(root) : [];
  const files = names
    .map((name) => ({ file: join(base, name), path: join(root, name) }))
    .filter(({ file }) => SUITE_ENDING.test(file) && matchesGlob(file, pattern))
    .filter(({ path }) => /\.json$/i.test(path) || !holdsFlows(path));
  if (files.length > 0) return files;
  throw new MeshError(
    "usage",
    `Cannot find a suite for ${word}: no .yaml, .yml or .json file matches`,
  );
}

/** The folders of a pattern before the first that holds a sign. */
function fixedPart(pattern: string): string {
  const parts = pattern.split("/");
  const firstSign = parts.findIndex((part) => GLOB_SIGNS.test(part));
  const fixed = parts.slice(0, firstSign).join("/");
  return pattern.startsWith("/") && fixed === "" ? "/" : fixed;
}

/** The files below a folder, relative to it, in a stable order. */
function walk(root: string): string[] {
  const names: string[] = [];
  const folders = [""];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of entriesOf(join(root, folder))) {
      const name = folder === "" ? entry.name : `${folder}${sep}${entry.name}`;
      if (isWalked(entry)) folders.push(name);
      else if (entry.isFile() || entry.isSymbolicLink()) names.push(name);
    }
    if (names.length > FILES_MAX) {
      throw new MeshError(
        "usage",
        `Cannot look for suites in ${root}: more than ${FILES_MAX} files`,
      );
    }
  }
  return names.sort((a, b) => (a < b ? -1 : 1));
}

function isWalked(entry: Dirent): boolean {
  return entry.isDirectory() && entry.name !== "node_modules" && !entry.name.startsWith(".");
}

/** What is in the folder; of a report nothing: its report.json has `tests` too, and its artifacts may be anything. */
function entriesOf(folder: string): Dirent[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    const mayBeReport = entries.some(({ name }) => name === "report.json");
    return mayBeReport && holdsReport(folder) ? [] : entries;
  } catch (cause) {
    throw new MeshError("usage", `Cannot look for suites in ${folder}: ${messageOf(cause)}`, {
      cause,
    });
  }
}

/** Flows without tests are used by suites, and are none. */
function holdsFlows(path: string): boolean {
  try {
    const stat = statSync(path);
    if (!stat.isFile() || stat.size > SUITE_BYTES_MAX) return false;
    return isFlowFile({ file: path, text: readFileSync(path, "utf8") });
  } catch {
    // Unreadable: the suite reader says what is wrong with it.
    return false;
  }
}

function isJsonSuite(path: string): boolean {
  try {
    const stat = statSync(path);
    // What is no plain file, whoever reads it as a suite says; rows may be larger than any suite.
    if (!stat.isFile()) return true;
    if (stat.size > SUITE_BYTES_MAX) return false;
    const json: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (typeof json !== "object" || json === null) return false;
    const isHistory = "format" in json && json.format === "panoptic-history"; // it has `tests`, too
    return !isHistory && ("tests" in json || "apps" in json);
  } catch {
    // Named as a suite's should be and unreadable: the suite reader says what is wrong with it.
    return true;
  }
}
