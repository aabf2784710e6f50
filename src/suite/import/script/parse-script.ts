/** The door to Babel's parser: TypeScript or JavaScript becomes the importer's own tree, or a fault. */
import { parse } from "@babel/parser";
import { messageOf } from "#shared/errors.ts";
import type { Fault, SuiteSource } from "../../source.ts";
import { readStatement } from "./read-tree.ts";
import type { Statement } from "./syntax.ts";

/** Deeper ones would end the process in the parser's own recursion. */
const BRACKETS_MAX = 500;

export type ParsedScript =
  | { readonly kind: "parsed"; readonly statements: readonly Statement[] }
  | { readonly kind: "refused"; readonly fault: Fault };

/** Parses a whole file; the first fault of its syntax refuses it. */
export function parseScript(source: SuiteSource): ParsedScript {
  const { file } = source;
  // Lines are counted as people's editors do; to the language these two end lines as well.
  const text = source.text.replaceAll(/[\u2028\u2029]/g, " ");
  const refused = (line: number, column: number, message: string): ParsedScript => ({
    kind: "refused",
    fault: { file, line, column, message, severity: "error" },
  });
  if (deepestBracket(text) > BRACKETS_MAX)
    return refused(1, 1, `Expected at most ${BRACKETS_MAX} brackets in brackets, found more`);
  try {
    const { program } = parse(text, {
      sourceType: "unambiguous",
      allowReturnOutsideFunction: true,
      plugins: ["typescript"],
    });
    return {
      kind: "parsed",
      statements: program.body.flatMap((node) => readStatement(node, text)),
    };
  } catch (thrown) {
    const { line = 1, column = 0 } = placeIn(thrown);
    return refused(line, column + 1, `Cannot read the script: ${plainReason(thrown)}`);
  }
}

function placeIn(thrown: unknown): { readonly line?: number; readonly column?: number } {
  if (typeof thrown !== "object" || thrown === null || !("loc" in thrown)) return {};
  return thrown.loc as { readonly line?: number; readonly column?: number };
}

/** The parser's sentence without the place, which stands before it already. */
const plainReason = (thrown: unknown): string =>
  messageOf(thrown)
    .split("\n", 1)
    .join("")
    .replace(/\s*\(\d+:\d+\)$/, "");

function deepestBracket(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const character of text) {
    if ("([{".includes(character)) depth += 1;
    else if (")]}".includes(character)) depth = Math.max(0, depth - 1);
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}
