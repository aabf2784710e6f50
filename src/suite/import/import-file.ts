/** Imports one file of another tool: what it is is found by its content, and what comes of it is scrubbed of secrets. */
import type { Fault, SuiteSource } from "../source.ts";
import { readFlowFile } from "./flow/flow-file.ts";
import { readFlow } from "./flow/read-flow.ts";
import type { Advice, Imported, Item, Missing } from "./imported.ts";
import { parseScript } from "./script/parse-script.ts";
import { readScript } from "./script/read-script.ts";
import { withoutValues, withReferences } from "./secret-book.ts";
import { writeImported } from "./write-imported.ts";

export type ImportKind = "playwright" | "maestro";

export type Import =
  | {
      readonly kind: "imported";
      readonly text: string;
      readonly missing: readonly Missing[];
      readonly advice: readonly Advice[];
    }
  | { readonly kind: "refused"; readonly faults: readonly Fault[] };

/** Reads files that a flow names, relative to the folder of the file that is imported; undefined when there is none. */
export type ReadFile = (path: string) => string | undefined;

/** Imports a file; without `from` its content says what it is. */
export function importFile(
  source: SuiteSource,
  from: ImportKind | undefined,
  readFile: ReadFile,
): Import {
  const known = kindOf(source);
  const kind = from ?? known.kind;
  if (kind === undefined) return refuse(source, known.reason);
  if (kind === "maestro") return importFlow(source, readFile);
  const parsed = parseScript(source);
  if (parsed.kind === "refused") return { kind: "refused", faults: [parsed.fault] };
  const imported = readScript(source, parsed.statements);
  if (imported.tests.length === 0)
    return refuse(source, "Expected a script with tests or steps, found none");
  return scrub(source, imported);
}

function importFlow(source: SuiteSource, readFile: ReadFile): Import {
  const read = readFlowFile(source);
  if (read.kind === "refused") return read;
  const outcome = readFlow({ source, flow: read.flow, readFile });
  if (outcome.kind === "refused") return { kind: "refused", faults: [outcome.fault] };
  return scrub(source, outcome.imported);
}

type Known = { readonly kind: ImportKind | undefined; readonly reason: string };

/** Signs of scripts in languages that are not read. */
const FOREIGN: ReadonlyArray<readonly [sign: RegExp, language: string]> = [
  [/^\s*(from playwright|import (re|asyncio|pytest)\b|def test_|async def )/m, "Python"],
  [/^\s*(import com\.microsoft\.playwright|package [\w.]+;|public class )/m, "Java"],
  [/^\s*(using Microsoft\.Playwright|namespace [\w.]+)/m, "C#"],
];

function kindOf({ text }: SuiteSource): Known {
  const foreign = FOREIGN.find(([sign]) => sign.test(text));
  if (foreign !== undefined)
    return {
      kind: undefined,
      reason: `Expected a script in TypeScript or JavaScript, found ${foreign[1]}: let codegen write it by --target playwright-test`,
    };
  if (/["'](@playwright\/test|playwright|playwright-core|playwright\/test)["']/.test(text))
    return { kind: "playwright", reason: "" };
  if (
    /^\s*(appId|url)\s*:/m.test(text) ||
    /^\s*-\s*(launchApp|tapOn|assertVisible|openLink|runFlow)\b/m.test(text)
  )
    return { kind: "maestro", reason: "" };
  if (/\bpage\s*\.\s*\w+\s*\(/.test(text)) return { kind: "playwright", reason: "" };
  return {
    kind: undefined,
    reason:
      "Expected a script of Playwright or a flow of Maestro, found neither; say which it is by --from",
  };
}

function refuse({ file }: SuiteSource, message: string): Import {
  return { kind: "refused", faults: [{ file, line: 1, column: 1, message, severity: "error" }] };
}

/** No value that was left out may stand in what is written or said. */
function scrub(source: SuiteSource, imported: Imported): Import {
  const clean = (text: string): string => withoutValues(text, imported.hidden);
  const told = {
    missing: imported.missing.map((one) => ({
      ...one,
      what: clean(one.what),
      why: clean(one.why),
    })),
    advice: imported.advice.map((one) => ({ ...one, text: clean(one.text) })),
  };
  const items = (list: readonly Item[]): readonly Item[] =>
    list.map((item) =>
      item.kind === "remark"
        ? { ...item, text: clean(item.text) }
        : { ...item, entries: withReferences(item.entries, imported.hidden) },
    );
  const written = {
    ...imported,
    ...told,
    before: items(imported.before),
    after: items(imported.after),
    tests: imported.tests.map((test) => ({ ...test, items: items(test.items) })),
  };
  return { kind: "imported", text: writeImported(written, source.file), ...told };
}
