/** `panoptic import`: scripts of Playwright and flows of Maestro as native suites. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { MeshError, messageOf } from "#shared/errors.ts";
import { type Import, type ImportKind, importFile } from "#suite/import/import-file.ts";
import { IMPORTED_MARK } from "#suite/import/write-imported.ts";
import { loadSuite } from "#suite/load.ts";
import { decodeSuite, type Fault, faultText, SUITE_BYTES_MAX } from "#suite/source.ts";
import type { Context } from "../context.ts";
import { EXIT_INCOMPLETE, EXIT_REFUSED } from "../exit-code.ts";
import { fromCaller } from "../paths.ts";
import { filesBeside } from "../run/load-suites.ts";
import { readSuiteBytes } from "../run/read-suite-file.ts";
import { inertLine } from "../screen/inert-text.ts";

export type ImportOptions = {
  readonly out?: string;
  readonly from?: ImportKind;
  readonly allowPartial?: boolean;
};

/**
 * Prints or writes one suite a file; what was not translated goes to stderr.
 *
 * @returns 0 when all of it was translated (or `allowPartial`), 3 when something is missing or the suite is not valid yet, 2
 *   when a file was refused.
 * @throws {MeshError} `usage` when a file cannot be read, or the other may not be replaced.
 */
export async function importFiles(
  files: readonly string[],
  options: ImportOptions,
  { terminal, config }: Context,
): Promise<number> {
  const places = placesFor(files, options.out, config.callerDir);
  let exitCode = 0;
  for (const [index, file] of files.entries()) {
    const outcome = importOne(file, options.from, fromCaller(config.callerDir, file));
    if (outcome.kind === "refused") {
      for (const fault of outcome.faults) terminal.warn(faultText(fault));
      exitCode = EXIT_REFUSED;
      continue;
    }
    const place = places[index];
    if (place === undefined) terminal.say(outcome.text.trimEnd());
    else write(place.path, outcome.text);
    tell(file, outcome, (line) => terminal.warn(inertLine(line)));
    const faults = place === undefined ? [] : faultsIn(place, outcome.text);
    for (const fault of faults) terminal.warn(inertLine(faultText(fault)));
    const isPartial =
      faults.length > 0 || (outcome.missing.length > 0 && options.allowPartial !== true);
    if (isPartial && exitCode === 0) exitCode = EXIT_INCOMPLETE;
  }
  return exitCode;
}

type Imported = Extract<Import, { kind: "imported" }>;

function importOne(file: string, from: ImportKind | undefined, path: string): Import {
  const source = decodeSuite(file, readSuiteBytes(file, path));
  if ("severity" in source) return { kind: "refused", faults: [source] };
  return importFile(source, from, (named) => readNamed(resolve(dirname(path), named)));
}

/** A file that a flow names; what is too large or not there is told as missing by whoever asks. */
function readNamed(path: string): string | undefined {
  try {
    const text = readFileSync(path, "utf8");
    return Buffer.byteLength(text) > SUITE_BYTES_MAX ? undefined : text;
  } catch {
    // Not there, a folder, not ours to read: all the same to a file that names it.
    return undefined;
  }
}

/** Where a suite is written: as the caller names it, and absolute. */
type Place = { readonly file: string; readonly path: string };

/** What `validate` would say of the suite where it lies now: a file that it uploads may not be there yet. */
function faultsIn({ file, path }: Place, text: string): readonly Fault[] {
  const loaded = loadSuite({ file, text }, filesBeside(path));
  const faults = loaded.kind === "refused" ? loaded.faults : [];
  return faults.filter(({ severity }) => severity === "error");
}

/** Where each file goes: nowhere (stdout), one file, or one a file in a folder. */
function placesFor(
  files: readonly string[],
  out: string | undefined,
  callerDir: string,
): readonly (Place | undefined)[] {
  if (out === undefined) {
    if (files.length > 1)
      throw new MeshError("usage", "Cannot print several suites: name a folder for them by -o");
    return [undefined];
  }
  const isFolder = out.endsWith("/") || files.length > 1;
  if (!isFolder) return [{ file: out, path: fromCaller(callerDir, out) }];
  const names = files.map(
    (file) => `${basename(file).replace(/(\.(spec|test))?\.[^.]*$/, "")}.yaml`,
  );
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new MeshError(
      "usage",
      `Cannot write two suites to ${join(out, twice)}: import them one by one`,
    );
  return names.map((name) => ({
    file: join(out, name),
    path: fromCaller(callerDir, join(out, name)),
  }));
}

function tell(file: string, { missing, advice }: Imported, warn: (line: string) => void): void {
  for (const { line, column, text } of advice) warn(`${file}:${line}:${column} ${text}`);
  for (const { file: named, line, column, what, why } of missing) {
    const place = named === undefined ? file : join(dirname(file), named);
    warn(`${place}:${line}:${column} Not translated: ${what} (${why})`);
  }
  if (missing.length > 0)
    warn(`${file}: ${missing.length} of its lines were not translated; the suite says where`);
}

/** Replaces only what an earlier import has written. */
function write(path: string, text: string): void {
  try {
    const isOurs = !existsSync(path) || readFileSync(path, "utf8").startsWith(`# ${IMPORTED_MARK}`);
    if (!isOurs)
      throw new MeshError("usage", "it was not written by import; choose another name by -o");
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  } catch (cause) {
    throw new MeshError("usage", `Cannot write ${path}: ${messageOf(cause)}`, { cause });
  }
}
