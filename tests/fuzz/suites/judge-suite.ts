/**
 * What must hold for any file that claims to be a suite: the reader throws nothing, each fault has a place in the file and
 * a sentence, and what is accepted expands to tests that the wire takes, whose steps a driver understands.
 */
import { isDeepStrictEqual } from "node:util";
import type { Json } from "#proto/matcher.ts";
import { Step } from "#proto/step.ts";
import { type PlannedStep, type StepPart, TestDefinition } from "#proto/test.ts";
import { fillTemplate, scanTemplate } from "#shared/template.ts";
import { convertSuite } from "#suite/convert/convert-suite.ts";
import { expandSuites } from "#suite/expand.ts";
import { loadSuite } from "#suite/load.ts";
import { blankSecrets } from "#suite/original/blank-secrets.ts";
import { referencesOf } from "#suite/references.ts";
import { decodeSuite, type Fault, type SuiteFiles, type SuiteSource } from "#suite/source.ts";
import { fileOf } from "../../suite/suite-kit.ts";
import type { SuiteInput } from "./suite-input.ts";

export type SuiteAnswer = "accepted" | "refused";

const TESTS_CHECKED_MAX = 30;
const STEPS_CHECKED_MAX = 60;
const MESSAGE_LENGTH_MAX = 20_000;

class Broken extends Error {}

/** @throws {Error} With what does not hold. */
export function judgeSuite(input: SuiteInput): SuiteAnswer {
  const decoded = decodeSuite(input.file, input.bytes);
  if ("severity" in decoded) return checkFaults([decoded], input);
  const files: SuiteFiles = (path) => {
    const text = Object.hasOwn(input.beside, path) ? input.beside[path] : undefined;
    return text === undefined ? undefined : fileOf(text);
  };
  const loaded = loadSuite(decoded, files);
  const { secrets } = referencesOf(decoded, { files });
  blankSecrets(decoded);
  const options = { env: everything(), secrets: new Set(secrets), strict: true };
  const expanded = expandSuites([{ source: decoded, files }], options);
  checkFaults(loaded.kind === "loaded" ? loaded.warnings : loaded.faults, input);
  if (expanded.kind === "refused") {
    if (!expanded.faults.some(({ severity }) => severity === "error"))
      throw new Broken("It is refused without an error");
    checkConverted(decoded, false);
    return checkFaults(expanded.faults, input);
  }
  if (loaded.kind === "refused") throw new Broken("It does not load, and expands");
  checkFaults(expanded.warnings, input);
  checkTests(expanded.tests, input);
  checkConverted(decoded, true);
  return "accepted";
}

/** An environment that has every name. */
function everything(): { readonly [name: string]: string } {
  return new Proxy(
    {},
    {
      getOwnPropertyDescriptor: () => ({ value: "5", configurable: true, enumerable: true }),
      get: () => "5",
    },
  );
}

function checkFaults(faults: readonly Fault[], { file, bytes }: SuiteInput): "refused" {
  // A line ends as in YAML, or as in the message about another encoding.
  const lineCount = new TextDecoder().decode(bytes).split(/\r\n|\n|\r/).length;
  for (const fault of faults) {
    const { line, column, message } = fault;
    const isInside = Number.isInteger(line) && Number.isInteger(column) && line >= 1 && column >= 1;
    if (!isInside || line > lineCount)
      throw new Broken(`A fault at ${line}:${column} of ${lineCount} lines: ${message}`);
    if (fault.file !== file) throw new Broken(`A fault in ${fault.file}`);
    if (
      !/^["A-Z$]/.test(message) ||
      /\bundefined\b|\[object |\n\s+at /.test(message.replace(/"(?:[^"\\]|\\.)*"/g, ""))
    )
      throw new Broken(`A fault that is no sentence: ${message.slice(0, 300)}`);
    if (message.length > MESSAGE_LENGTH_MAX)
      throw new Broken(`A fault of ${message.length} characters: ${message.slice(0, 100)}`);
  }
  return "refused";
}

function checkTests(tests: readonly TestDefinition[], { file }: SuiteInput): void {
  if (new Set(tests.map(({ key }) => key)).size !== tests.length)
    throw new Broken("Two tests have one key");
  for (const test of tests.slice(0, TESTS_CHECKED_MAX)) {
    const travelled: unknown = JSON.parse(JSON.stringify(test));
    const read = TestDefinition.parse(travelled);
    if (!isDeepStrictEqual(read, travelled))
      throw new Broken(`The wire changes the test ${test.key.slice(0, 200)}`);
    if (test.file !== file) throw new Broken(`A test of ${test.file}`);
    if (test.skip !== undefined) continue;
    for (const step of test.steps.slice(0, STEPS_CHECKED_MAX)) checkStep(step);
  }
}

function checkStep(planned: PlannedStep): void {
  if (planned.skip !== undefined) return;
  const own = { verb: planned.verb ?? planned.kind, args: planned.args };
  for (const part of [...(planned.around?.before ?? []), own, ...(planned.around?.after ?? [])])
    checkPart(part, planned);
}

/** What a node fills in may make a step that is none; a step that is written out may not. */
function checkPart({ verb, args }: StepPart, { line, column }: PlannedStep): void {
  if (refers(args)) return;
  const filled = fillTemplate(args, () => undefined) as { readonly [name: string]: Json };
  const read = Step.safeParse({ kind: verb, ...filled });
  if (!read.success)
    throw new Broken(`The step at ${line}:${column} is none: ${read.error.issues[0]?.message}`);
}

function refers(value: Json): boolean {
  if (typeof value === "string") return scanTemplate(value).some(({ kind }) => kind !== "text");
  if (value === null || typeof value !== "object") return false;
  return Object.entries(value).some(([key, item]) => refers(key) || refers(item));
}

function checkConverted(source: SuiteSource, isAccepted: boolean): void {
  const converted = convertSuite(source, { skipUnsupported: false });
  if (converted.kind !== "converted") {
    if (converted.kind === "refused" && isAccepted)
      throw new Broken("It runs, and does not convert");
    return;
  }
  const again = loadSuite({ file: "converted.yaml", text: converted.text }, () => undefined);
  if (again.kind === "loaded" || !isAccepted) return;
  throw new Broken(
    `Converted it does not load: ${again.faults[0]?.line} ${again.faults[0]?.message}`,
  );
}
