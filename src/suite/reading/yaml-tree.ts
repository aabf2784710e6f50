/** Half of the door to the YAML library (tree-reader.ts is the other): text becomes a tree with places, or faults. YAML 1.2 core schema, merge keys, JSON as its subset. */
import { type Document, Lexer, LineCounter, parseDocument, visit, type YAMLError } from "yaml";
import type { FaultLog, Position } from "./fault-log.ts";
import type { Located } from "./located.ts";
import { DEPTH_MAX, TreeReader } from "./tree-reader.ts";

const SYNTAX_FAULTS_MAX = 20;
/** Errors of syntax that are no echo of an earlier one. */
const LONE_FAULTS: ReadonlySet<string> = new Set(["TAB_AS_INDENT", "MULTIPLE_DOCS"]);
/** The text of a suite beside its tree, to find places inside long values. */
type SuiteText = {
  readonly text: string;
  readonly positionAt: (offset: number) => Position;
};

/** A file as a tree; `spans` gives the source range of a scalar. */
export type YamlTree = {
  readonly root: Located | undefined;
  readonly source: SuiteText;
  readonly spans: WeakMap<Position, readonly [start: number, end: number]>;
};

/** Reads one YAML or JSON document. Faults of syntax leave `root` undefined, since what follows them would be guesses. */
export function parseYamlTree(fileText: string, log: FaultLog): YamlTree {
  const text = fileText.startsWith("\uFEFF") ? fileText.slice(1) : fileText;
  const lines = new LineCounter();
  const positionAt = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const tree = {
    source: { text, positionAt },
    spans: new WeakMap<Position, readonly [number, number]>(),
  };
  if (tellControlCharacter(text, log) || tellDeepBrackets(text, log))
    return { ...tree, root: undefined };
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    schema: "core",
    version: "1.2",
  });
  if (tellSyntaxFaults(document, positionAt, log)) return { ...tree, root: undefined };
  const reader = new TreeReader({ positionAt, log, spans: tree.spans });
  return { ...tree, root: document.contents === null ? undefined : reader.read(document.contents) };
}

/** YAML forbids control characters, the library lets them pass. */
function tellControlCharacter(text: string, log: FaultLog): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const index = text.search(/[\0-\x08\x0b\x0c\x0e-\x1f]/);
  if (index === -1) return false;
  const lines = text.slice(0, index).split("\n");
  const code = text.charCodeAt(index).toString(16).padStart(4, "0");
  log.error(
    { line: lines.length, column: (lines.at(-1) ?? "").length + 1 },
    `Expected text, found the control character U+${code}`,
  );
  return true;
}

/**
 * Brackets in brackets are counted before they are parsed: of 4,000 `[` the library made 50 s and 1.4 GB, of 2,000 in
 * JSON the end of the process (yaml 2.9.1, 2026-11).
 */
function tellDeepBrackets(text: string, log: FaultLog): boolean {
  if (!/[[{]/.test(text)) return false;
  let depth = 0;
  let offset = 0;
  for (const lexeme of new Lexer().lex(text)) {
    if (lexeme === "[" || lexeme === "{") depth += 1;
    else if (lexeme === "]" || lexeme === "}") depth -= 1;
    if (depth > BRACKETS_MAX) {
      const lines = text.slice(0, offset).split("\n");
      log.error({ line: lines.length, column: (lines.at(-1) ?? "").length + 1 }, TOO_DEEP);
      return true;
    }
    if (!MARKS.has(lexeme)) offset += lexeme.length;
  }
  return false;
}

/** What the lexer says between the pieces of the text. */
const MARKS: ReadonlySet<string> = new Set(["\u0002", "\u0018", "\u001f"]);
/** Far beyond what the reader takes, which counts levels of blocks, too, and knows the first that is one too many. */
const BRACKETS_MAX = 2 * DEPTH_MAX;
const TOO_DEEP = `Expected at most ${DEPTH_MAX} levels of nesting, found more`;

function tellSyntaxFaults(
  document: Document,
  positionAt: (offset: number) => Position,
  log: FaultLog,
): boolean {
  const tooDeep = document.errors.find((error) => error.code === "RESOURCE_EXHAUSTION");
  if (tooDeep !== undefined) {
    log.error(positionAt(tooDeep.pos[0]), TOO_DEEP);
    return true;
  }
  // What follows the first error of syntax is mostly its echo, unless it is of a kind that stands alone.
  const told = document.errors.filter((error, index) => index === 0 || LONE_FAULTS.has(error.code));
  for (const error of told.slice(0, SYNTAX_FAULTS_MAX)) {
    const opening = openingOf(document, error);
    const isQuote = error.code === "MISSING_CHAR" && opening !== undefined;
    // A quote that is never closed is only told where it opens, since the file may end long after.
    if (!isQuote) log.error(positionAt(error.pos[0]), syntaxMessage(error.code, error.message));
    if (opening !== undefined)
      log.error(
        positionAt(opening),
        `Not YAML: what opens here is not closed before line ${positionAt(error.pos[0]).line}`,
      );
  }
  for (const warning of document.warnings)
    log.error(
      positionAt(warning.pos[0]),
      `Not YAML 1.2 core: ${warning.message}${warning.message.startsWith("Unresolved tag") ? "; a value that begins with ! stands in quotes" : ""}`,
    );
  return document.errors.length + document.warnings.length > 0;
}

/** Where the quote, list or mapping opens whose end an error misses. */
function openingOf(document: Document, error: YAMLError): number | undefined {
  const [offset] = error.pos;
  let opening: number | undefined;
  const note = (range: readonly number[] | null | undefined): void => {
    const [from = offset + 1, to = -1] = range ?? [];
    if (from <= offset && offset <= to) opening = from;
  };
  if (error.code === "MISSING_CHAR") {
    visit(document, {
      Scalar: (_, scalar) => (scalar.type?.startsWith("QUOTE") ? note(scalar.range) : undefined),
    });
  }
  if (error.code === "BAD_INDENT" && error.message.startsWith("Flow ")) {
    visit(document, {
      Collection: (_, collection) => (collection.flow ? note(collection.range) : undefined),
    });
  }
  return opening;
}

const QUOTE_COMPARISON = 'a value that begins with > stands in quotes, such as ">= 4"';
const ALIGN =
  "lines that belong together begin at the same column, each item of a list with - and a space";
const PAIR = 'a key is followed by : and a space, and a value with ": " in it stands in quotes';
/** Parts of the library's messages, and what to do about them. */
const ADVICE: readonly (readonly [part: string, advice: string])[] = [
  ["Nested mappings are not allowed", `${PAIR}; ${ALIGN}`],
  ["Implicit keys need to be on a single line", PAIR],
  ["Implicit map keys need to be followed by map values", PAIR],
  ["without - indicator", ALIGN],
  ["must start at the same column", ALIGN],
  ["may not be used as an implicit map key", ALIGN],
];

function syntaxMessage(code: string, message: string): string {
  if (code === "MULTIPLE_DOCS") return "Expected one document a file, found a second one";
  if (code === "TAB_AS_INDENT") return "Expected spaces as indentation, found a tab";
  // `cpus: >= 4` is how people would write it.
  const isComparison = /block scalar (indicator >|header)/i.test(message);
  const advice = isComparison
    ? QUOTE_COMPARISON
    : ADVICE.find(([part]) => message.includes(part))?.[1];
  return `Not YAML: ${message}${advice === undefined ? "" : `; ${advice}`}`;
}
