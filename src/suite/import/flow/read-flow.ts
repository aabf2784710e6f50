/** Imports a web flow of Maestro: one flow is one test. */
import type { Json } from "#proto/matcher.ts";
import type { Located, LocatedMapping } from "../../reading/located.ts";
import { baseNameOf, type Fault, type SuiteSource } from "../../source.ts";
import type { Entries, Imported } from "../imported.ts";
import { ImportBook, Recorder } from "../recorder.ts";
import { SecretBook } from "../secret-book.ts";
import { Untranslated } from "../untranslated.ts";
import { walkCommands } from "./flow-control.ts";
import type { FlowFile } from "./flow-file.ts";
import { namesIn } from "./flow-names.ts";
import { entryIn } from "./flow-selector.ts";
import { type FlowWalk, flowText, type Names, tellMissing } from "./flow-walk.ts";

export type FlowInput = {
  readonly source: SuiteSource;
  readonly flow: FlowFile;
  readonly readFile: (path: string) => string | undefined;
};

export type ImportedFlow =
  | { readonly kind: "imported"; readonly imported: Imported }
  | { readonly kind: "refused"; readonly fault: Fault };

/** How long Maestro looks for an element; a flow as a whole has no bound there. */
const LIMITS: Entries = { timeout: "10m", stepTimeout: "17s" };
const KNOWN: readonly string[] = [
  "url",
  "appId",
  "name",
  "tags",
  "env",
  "onFlowStart",
  "onFlowComplete",
];

/** Reads a flow that was parsed; one without an address of a page is refused. */
export function readFlow({ source, flow, readFile }: FlowInput): ImportedFlow {
  const book = new ImportBook(new SecretBook());
  const { header } = flow;
  const newWalk = (names: Names, url: string): FlowWalk => ({
    recorder: new Recorder(book),
    url,
    names,
    tapped: "",
    isFresh: true,
    files: [baseFile(source.file)],
    readFile,
  });
  const first = newWalk(new Map(), "");
  const names = guarded(first, header, () => namesOf(first, header)) ?? new Map();
  const url = guarded(first, header, () => urlOf({ ...first, names }, header)) ?? "";
  if (!/^(https?:|\$\{)/.test(url)) return { kind: "refused", fault: noPage(source, header, url) };
  const walk = newWalk(names, url);
  const after = newWalk(names, url);
  if (header !== undefined) tellUnknown(walk, header);
  walkHook(walk, header, "onFlowStart");
  walkCommands(walk, flow.commands);
  walkHook(after, header, "onFlowComplete");
  const fallback = baseNameOf(source.file);
  const name = guarded(first, header, () => textOf(walk, header, "name")) ?? fallback;
  const tags = header === undefined ? undefined : entryIn(header, "tags");
  const imported: Imported = {
    name: fallback,
    secrets: book.secrets.names,
    fields: LIMITS,
    before: [],
    after: after.recorder.items,
    tests: [{ name, fields: tagsOf(walk, tags), items: walk.recorder.items }],
    missing: book.missing,
    advice: book.advice,
    hidden: book.secrets.hidden,
  };
  return { kind: "imported", imported };
}

/** Files that a flow names are looked for beside it. */
const baseFile = (file: string): string => file.split(/[\\/]/).at(-1) ?? file;

function guarded<T>(walk: FlowWalk, at: Located | undefined, act: () => T): T | undefined {
  try {
    return act();
  } catch (thrown) {
    if (!(thrown instanceof Untranslated)) throw thrown;
    tellMissing(walk, { at: at ?? { line: 1, column: 1 }, text: "header", why: thrown.message });
    return undefined;
  }
}

function namesOf(walk: FlowWalk, header: LocatedMapping | undefined): Names {
  const env = header === undefined ? undefined : entryIn(header, "env");
  return env === undefined ? new Map() : namesIn(walk, env);
}

function textOf(
  walk: FlowWalk,
  header: LocatedMapping | undefined,
  key: string,
): string | undefined {
  const node = header === undefined ? undefined : entryIn(header, key);
  return node === undefined ? undefined : flowText(walk, node, key);
}

/** Older flows name the page by `appId`. */
function urlOf(walk: FlowWalk, header: LocatedMapping | undefined): string | undefined {
  return textOf(walk, header, "url") ?? textOf(walk, header, "appId");
}

function noPage(source: SuiteSource, header: LocatedMapping | undefined, found: string): Fault {
  const { line, column } = header ?? { line: 1, column: 1 };
  const message =
    found === ""
      ? "Expected a flow with the url of a page in its header, found none"
      : `Expected a web flow, whose url begins with http, found ${JSON.stringify(found)}: apps on devices are not imported`;
  return { file: source.file, line, column, message, severity: "error" };
}

function tellUnknown(walk: FlowWalk, header: LocatedMapping): void {
  for (const { key, at } of header.entries)
    if (!KNOWN.includes(key))
      tellMissing(walk, { at, text: key, why: "suites have no such field" });
}

function walkHook(walk: FlowWalk, header: LocatedMapping | undefined, key: string): void {
  const node = header === undefined ? undefined : entryIn(header, key);
  if (node === undefined) return;
  if (node.kind === "list") walkCommands(walk, node.items);
  else tellMissing(walk, { at: node, text: key, why: "it is no list of commands" });
}

function tagsOf(walk: FlowWalk, tags: Located | undefined): Entries {
  if (tags?.kind !== "list") return {};
  const words: Json[] = tags.items.map(
    (item) => guarded(walk, item, () => flowText(walk, item, "a tag")) ?? "",
  );
  const kept = words.filter((word) => word !== "");
  return kept.length === 0 ? {} : { tags: kept };
}
