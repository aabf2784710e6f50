/**
 * Turns a suite file of the original Panoptic into a native one that gives the same verdicts. It is written from what the
 * file expands to, so the two cannot come to differ in what is done; what has no counterpart becomes a comment.
 */
import { expandOriginal } from "../original/expand-original.ts";
import { readSuite } from "../read-suite.ts";
import { FaultLog } from "../reading/fault-log.ts";
import type { Fault, SuiteSource } from "../source.ts";
import { writeNative } from "./write-native.ts";

export type Conversion =
  | { readonly kind: "converted"; readonly text: string; readonly warnings: readonly Fault[] }
  /** All faults at once, warnings among them, in the order of the file. */
  | { readonly kind: "refused"; readonly faults: readonly Fault[] }
  /** It is native already. */
  | { readonly kind: "native" };

/** How every converted file begins. */
export const CONVERTED_MARK = "Converted by panoptic convert from ";

/** Converts a suite; with `skipUnsupported` what is not supported yet is left out, and a comment says so. */
export function convertSuite(
  source: SuiteSource,
  options: { readonly skipUnsupported: boolean },
): Conversion {
  const log = new FaultLog(source.file);
  const suite = readSuite(source, () => undefined, log);
  if (suite?.format === "native") return { kind: "native" };
  const tests = suite === undefined ? [] : expandOriginal(suite, options, log);
  if (suite === undefined || log.hasErrors) return { kind: "refused", faults: log.all };
  const head = [
    `${CONVERTED_MARK}${source.file}`,
    ...(suite.output === undefined
      ? []
      : [`line ${suite.output.at.line}: output is not part of a suite here: --out says it`]),
    ...log.warnings.map(({ line, message }) => `line ${line}: ${message}`),
  ];
  return {
    kind: "converted",
    text: writeNative({ name: suite.name, settings: suite.settings, tests, head }),
    warnings: log.warnings,
  };
}
