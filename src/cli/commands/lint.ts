/** `panoptic lint`: what makes tests of suites fragile or empty, with its place and how to mend it. */
import { MeshError } from "#shared/errors.ts";
import { type Finding, findingText, type Level } from "#suite/lint/findings.ts";
import { type Levels, lintSuite, RULES } from "#suite/lint/lint.ts";
import { adviceFor } from "#suite/reading/fault-log.ts";
import { decodeSuite, type Fault, faultText } from "#suite/source.ts";
import type { Context } from "../context.ts";
import { EXIT_REFUSED } from "../exit-code.ts";
import { findSuites } from "../run/find-suites.ts";
import { filesBeside } from "../run/load-suites.ts";
import { readSuiteBytes } from "../run/read-suite-file.ts";
import { inertLine } from "../screen/inert-text.ts";
import { standardStream } from "../terminal.ts";

export type LintOptions = {
  readonly format?: "text" | "json" | "github";
  /** `ID=LEVEL`. */
  readonly rule?: readonly string[];
  readonly strict?: boolean;
  readonly listRules?: boolean;
};

/**
 * Prints every finding of suites.
 *
 * @returns 0 when there is none of level error (with `strict` none at all), 1 when there is, 2 when a suite was refused.
 * @throws {MeshError} `usage` for an unknown rule or level, and when a word names no suite.
 */
export async function lintSuites(
  words: readonly string[],
  options: LintOptions,
  { terminal, config }: Context,
): Promise<number> {
  const levels = readLevels(options.rule ?? []);
  if (options.listRules) {
    for (const { id, level, why } of RULES)
      terminal.say(`${id} (${levels.get(id) ?? level}): ${why}`);
    return 0;
  }
  if (words.length === 0) throw new MeshError("usage", "Cannot lint: no suite is named");
  const linted = findSuites(words, config.callerDir).map(({ file, path }) =>
    lintOne(file, path, levels),
  );
  const faults = linted.flatMap((one) => one.faults);
  const findings = linted.flatMap((one) => one.findings);
  const lines = linesOf({ faults, findings }, options.format ?? "text").map(inertLine);
  // Commands to GitHub's log are what is wanted there; `say` would keep it from obeying them.
  if (options.format === "github")
    standardStream(1).write(lines.map((line) => `${line}\n`).join(""));
  else for (const line of lines) terminal.say(line);
  if (options.format !== "json") terminal.warn(countText(linted.length, findings));
  if (faults.some(({ severity }) => severity === "error")) return EXIT_REFUSED;
  const counts = findings.filter(({ level }) => level === "error" || options.strict === true);
  return counts.length === 0 ? 0 : 1;
}

type Outcome = { readonly faults: readonly Fault[]; readonly findings: readonly Finding[] };

function lintOne(file: string, path: string, levels: Levels): Outcome {
  const source = decodeSuite(file, readSuiteBytes(file, path));
  if ("severity" in source) return { faults: [source], findings: [] };
  const outcome = lintSuite(source, filesBeside(path), levels);
  return outcome.kind === "refused"
    ? { faults: outcome.faults, findings: [] }
    : { faults: [], findings: outcome.findings };
}

/** `ID=off`, `ID=warn`, `ID=error`. @throws {MeshError} `usage` */
function readLevels(words: readonly string[]): Levels {
  return new Map(
    words.map((word) => {
      const [id = "", level = ""] = word.split("=");
      const ids = RULES.map((rule) => rule.id);
      if (!ids.includes(id))
        throw new MeshError(
          "usage",
          `Cannot set the rule ${JSON.stringify(id)}: ${adviceFor(id, ids)}`,
        );
      if (!isLevel(level))
        throw new MeshError(
          "usage",
          `Cannot set the rule ${id} to ${JSON.stringify(level)}: ${adviceFor(level, LEVELS)}`,
        );
      return [id, level] as const;
    }),
  );
}

const LEVELS: readonly Level[] = ["off", "warn", "error"];
const isLevel = (text: string): text is Level => LEVELS.some((level) => level === text);

function linesOf(
  { faults, findings }: Outcome,
  format: "text" | "json" | "github",
): readonly string[] {
  switch (format) {
    case "json":
      return [JSON.stringify({ faults, findings })];
    case "github":
      return [...faults.map(faultCommand), ...findings.map(findingCommand)];
    default:
      return [...faults.map(faultText), ...findings.map(findingText)];
  }
}

const faultCommand = ({ file, line, column, message, severity }: Fault): string =>
  command(severity, { file, line, column, title: "The suite is refused", text: message });

const findingCommand = (finding: Finding): string =>
  command(finding.level === "error" ? "error" : "warning", {
    ...finding,
    title: `lint: ${finding.rule}`,
    text: `${finding.what}. ${finding.why} ${finding.mend}`,
  });

type Annotation = {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly title: string;
  readonly text: string;
};

/** GitHub's workflow command; its own signs are escaped, so that no text can end it. */
function command(
  kind: "error" | "warning",
  { file, line, column, title, text }: Annotation,
): string {
  const value = (one: string): string => escaped(one).replaceAll(":", "%3A").replaceAll(",", "%2C");
  return `::${kind} file=${value(file)},line=${line},col=${column},title=${value(title)}::${escaped(text)}`;
}

const escaped = (text: string): string =>
  text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");

function countText(suites: number, findings: readonly Finding[]): string {
  const errors = findings.filter(({ level }) => level === "error").length;
  return `${suites} suites, ${errors} errors, ${findings.length - errors} warnings`;
}
