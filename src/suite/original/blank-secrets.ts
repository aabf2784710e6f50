/**
 * Takes out of an original suite's text what nobody needs to run it and nobody else should see: the values of
 * `settings.cloud` and `settings.enterprise`, and the parameters of actions that are not supported yet. Every value is
 * replaced by one of the same length, so that places stay what they are.
 */
import { FaultLog, type Position } from "../reading/fault-log.ts";
import { entryOf, type Located, type LocatedMapping } from "../reading/located.ts";
import { parseYamlTree } from "../reading/yaml-tree.ts";
import type { SuiteSource } from "../source.ts";
import { isOriginalRoot } from "./original-root.ts";
import { isWebAction } from "./words.ts";

type Span = { readonly start: number; readonly end: number; readonly isNumber: boolean };

/** The suite as it may travel; itself when there is nothing to hide, when it is native, or when it cannot be read. */
export function blankSecrets(source: SuiteSource): SuiteSource {
  // Most suites are native: they need not be read once more.
  if (!/["']?(apps|actions)["']?\s*:/.test(source.text)) return source;
  const tree = parseYamlTree(source.text, new FaultLog(source.file));
  const { root } = tree;
  if (root?.kind !== "mapping" || !isOriginalRoot(root)) return source;
  const hidden = hiddenParts(root);
  const spansOf = (nodes: readonly Located[]): ReadonlyMap<number, Span> =>
    new Map(
      nodes.flatMap((node) => {
        const span = tree.spans.get(node as Position);
        if (span === undefined) return [];
        const [start, end] = span;
        const isNumber = node.kind === "scalar" && typeof node.value === "number";
        return [[start, { start, end, isNumber }] as const];
      }),
    );
  const isHidden = new Set(hidden);
  // What an alias also puts where it is needed stays.
  const needed = spansOf(textsIn(root, (node) => isHidden.has(node)));
  const blanked = [...spansOf(hidden.flatMap((part) => textsIn(part))).values()]
    .filter(({ start }) => !needed.has(start))
    .toSorted((a, b) => a.start - b.start);
  // The reader passes over a byte order mark: places count from behind it.
  const mark = source.text.length - tree.source.text.length;
  return { ...source, text: source.text.slice(0, mark) + blank(tree.source.text, blanked) };
}

function hiddenParts(root: LocatedMapping): readonly Located[] {
  const settings = entryOf(root, "settings")?.value;
  const trees = ["cloud", "enterprise"].flatMap((key) => insideOf(settings, key));
  const apps = itemsOf(entryOf(root, "apps")?.value);
  const lists = [root, ...apps].flatMap((node) => itemsOf(insideOf(node, "actions")[0]));
  const parameters = lists.flatMap((action) => {
    const [type] = insideOf(action, "type");
    const isKnown = type?.kind === "scalar" && isWebAction(String(type.value));
    return isKnown ? [] : insideOf(action, "parameters");
  });
  return [...trees, ...parameters];
}

function insideOf(node: Located | undefined, key: string): readonly Located[] {
  const value = node?.kind === "mapping" ? entryOf(node, key)?.value : undefined;
  return value === undefined ? [] : [value];
}

const itemsOf = (node: Located | undefined): readonly Located[] =>
  node?.kind === "list" ? node.items : [];

/** The texts and numbers of a tree, those of some parts left out. */
function textsIn(node: Located, isLeftOut: (node: Located) => boolean = () => false): Located[] {
  if (isLeftOut(node)) return [];
  if (node.kind === "scalar") return isTelling(node.value) ? [node] : [];
  const inner = node.kind === "list" ? node.items : node.entries.map(({ value }) => value);
  return inner.flatMap((one) => textsIn(one, isLeftOut));
}

/** A zero says nothing, and stands for what is not there. */
function isTelling(value: unknown): boolean {
  return typeof value === "string" || (typeof value === "number" && value !== 0);
}

function blank(text: string, spans: readonly Span[]): string {
  let result = "";
  let from = 0;
  for (const { start, end, isNumber } of spans) {
    const written = text.slice(start, end);
    result += text.slice(from, start) + (isNumber ? blankNumber(written) : blankOne(written));
    from = end;
  }
  return result + text.slice(from);
}

/** Quotes and the head of a block stay, so that it is read as the same kind of text. */
function blankOne(written: string): string {
  const opening = /^(?:["']|[|>][^\n]*)/.exec(written)?.[0] ?? "";
  const closing = /^["']/.test(opening) ? opening : "";
  const inner = written.slice(opening.length, written.length - closing.length);
  return opening + inner.replaceAll(/\S/g, "x") + closing;
}

/** Another number, which is not zero either. */
function blankNumber(written: string): string {
  return written.replaceAll(/^[-+]?0x/i.test(written) ? /[2-9a-f]/gi : /[2-9]/g, "1");
}
