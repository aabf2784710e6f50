/** Reads a suite file of either format: a root with `apps` or `actions` and without `tests` is the original's, every other one is native. */
import { type NativeSuite, readNativeSuite } from "./native/suite.ts";
import { isOriginalRoot } from "./original/original-root.ts";
import { type OriginalSuite, readOriginalSuite } from "./original/original-suite.ts";
import { FaultLog, type Position } from "./reading/fault-log.ts";
import { describeFound, type LocatedMapping } from "./reading/located.ts";
import { parseYamlTree, type YamlTree } from "./reading/yaml-tree.ts";
import { SUITE_BYTES_MAX, type SuiteFiles, type SuiteSource } from "./source.ts";

export type AnySuite = NativeSuite | OriginalSuite;

const START: Position = { line: 1, column: 1 };

/** Reads a suite; undefined when it is no mapping at all. What is wrong with it is in the log either way. */
export function readSuite(
  source: SuiteSource,
  files: SuiteFiles,
  log: FaultLog,
): AnySuite | undefined {
  const bytes = Buffer.byteLength(source.text);
  if (bytes > SUITE_BYTES_MAX) {
    log.error(START, `Expected a suite file of at most ${SUITE_BYTES_MAX} bytes, found ${bytes}`);
    return undefined;
  }
  const { tree, root, parsing } = parse(source);
  const isOriginal = root !== undefined && isOriginalRoot(root);
  // The parser only warns of numbers that lose digits: in the original's format text keeps what is written.
  log.take(isOriginal ? parsing.all.filter(({ severity }) => severity === "error") : parsing.all);
  if (root === undefined) return undefined;
  return isOriginal
    ? readOriginalSuite(source, root, log)
    : readNativeSuite({ source, tree, root }, files, log);
}

type Parsed = {
  readonly tree: YamlTree;
  readonly root: LocatedMapping | undefined;
  readonly parsing: FaultLog;
};

/** Whoever submits a suite reads it three times over; its parse was half of the CPU time before a run (2026-11). */
const parsedSources = new WeakMap<SuiteSource, Parsed>();

function parse(source: SuiteSource): Parsed {
  const known = parsedSources.get(source);
  if (known !== undefined) return known;
  const parsing = new FaultLog(source.file);
  const tree = parseYamlTree(source.text, parsing);
  const parsed = { tree, root: rootOf(tree, parsing), parsing };
  parsedSources.set(source, parsed);
  return parsed;
}

function rootOf(tree: YamlTree, log: FaultLog): LocatedMapping | undefined {
  const { root } = tree;
  if (root === undefined || (root.kind === "scalar" && root.value === null)) {
    if (!log.hasErrors) log.error(START, "Expected a suite with tests, found an empty file");
    return undefined;
  }
  if (root.kind === "mapping") return root;
  log.error(root, `Expected a mapping with tests, found ${describeFound(root)}`);
  return undefined;
}
