/** Turns the YAML library's nodes into a tree of our own, with places; bounds depth and aliases. Knows no text: see yaml-tree.ts. */
import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, type Scalar } from "yaml";
import type { FaultLog, Position } from "./fault-log.ts";
import { describeFound, type Located, type LocatedEntry, type LocatedMapping } from "./located.ts";

/** Deeper trees are refused before anything walks them. */
export const DEPTH_MAX = 64;
/** The nodes that aliases may add to a file; more is a "billion laughs". */
const ALIASED_NODES_MAX = 100_000;
const CORE_TAGS = new Set(
  ["str", "int", "float", "bool", "null", "map", "seq"].map((tag) => `tag:yaml.org,2002:${tag}`),
);

type TreeReaderInput = {
  readonly positionAt: (offset: number) => Position;
  readonly log: FaultLog;
  readonly spans: WeakMap<Position, readonly [number, number]>;
};

/** Reads one document. */
export class TreeReader {
  readonly #input: TreeReaderInput;
  /** Nodes being read, from the root down: an alias to one of them would never end. */
  readonly #open = new Set<Node>();
  /** The latest anchor of each name so far; the library's own look-up walks the whole file for each alias. */
  readonly #anchors = new Map<string, Node>();
  /** What each alias meant where it stands, however often it is read again through other aliases. */
  readonly #targets = new Map<Node, Node>();
  #aliasDepth = 0;
  #aliasedCount = 0;

  constructor(input: TreeReaderInput) {
    this.#input = input;
  }

  read(node: Node): Located {
    const at = this.#positionOf(node);
    if (this.#aliasDepth > 0) this.#aliasedCount += 1;
    else this.#noteAnchor(node);
    if (this.#open.has(node))
      return this.#refused(at, "An alias cannot stand inside its own anchor");
    if (this.#open.size >= DEPTH_MAX)
      return this.#refused(at, `Expected at most ${DEPTH_MAX} levels of nesting, found more`);
    this.#open.add(node);
    const located = this.#readInside(node, at);
    this.#open.delete(node);
    return located;
  }

  #noteAnchor(node: Node): void {
    if (!isAlias(node) && node.anchor !== undefined) this.#anchors.set(node.anchor, node);
  }

  #readInside(node: Node, at: Position): Located {
    if (isAlias(node)) return this.#readAlias(node.source, node);
    if (node.tag !== undefined && !CORE_TAGS.has(node.tag))
      return this.#refused(at, `Expected a plain value, found the tag ${node.tag}`);
    if (isScalar(node)) return this.#readScalar(node, at);
    if (isSeq(node))
      return { kind: "list", items: node.items.map((item) => this.#readItem(item, at)), ...at };
    if (isMap(node)) return { kind: "mapping", entries: this.#readEntries(node.items), ...at };
    return this.#refused(at, "Expected a plain value, found something else");
  }

  /** A list item is a node, or a pair in a list such as `[a: 1]`. */
  #readItem(item: unknown, at: Position): Located {
    return isNode(item) ? this.read(item) : nothingAt(at);
  }

  #readAlias(name: string, alias: Node): Located {
    const at = this.#positionOf(alias);
    const target = this.#targets.get(alias) ?? this.#anchors.get(name);
    if (target === undefined)
      return this.#refused(at, `Unknown anchor "${name}": an alias needs an anchor above it`);
    if (this.#aliasedCount > ALIASED_NODES_MAX)
      return this.#refused(
        at,
        `Expected aliases to add at most ${ALIASED_NODES_MAX} values, found more`,
      );
    this.#targets.set(alias, target);
    this.#aliasDepth += 1;
    const located = this.read(target);
    this.#aliasDepth -= 1;
    return located;
  }

  #readScalar(node: Scalar, at: Position): Located {
    const { value } = node;
    const source = node.source ?? String(value);
    const isPlain =
      value === null ||
      typeof value === "string" ||
      typeof value === "boolean" ||
      typeof value === "number";
    if (!isPlain)
      return this.#refused(at, `Expected text, a number, true, false or null, found ${source}`);
    if (typeof value === "number") this.#tellNumber(value, source, at);
    const located: Located = { kind: "scalar", value, source, isFilled: false, ...at };
    if (node.range) this.#input.spans.set(located, [node.range[0], node.range[1]]);
    return located;
  }

  #tellNumber(value: number, source: string, at: Position): void {
    if (!Number.isFinite(value))
      this.#input.log.error(at, `Expected a number that JSON has, found ${source}`);
    else if (/^[-+]?\d+$/.test(source) && !Number.isSafeInteger(value)) {
      this.#input.log.warn(
        at,
        `The number ${source} cannot be held exactly: put it in quotes to keep it as text`,
      );
    }
  }

  #readEntries(pairs: readonly Pair[]): readonly LocatedEntry[] {
    const own = new Map<string, LocatedEntry>();
    const merged: LocatedEntry[] = [];
    for (const pair of pairs) {
      const at = isNode(pair.key) ? this.#positionOf(pair.key) : undefined;
      if (at === undefined) continue;
      const key = this.#keyOf(pair.key, at);
      if (key === undefined) continue;
      const value = this.#readValue(pair.value, at);
      const first = own.get(key);
      if (isMergeKey(pair.key)) merged.push(...this.#mergedEntries(value));
      else if (first === undefined) own.set(key, { key, at, value });
      else
        this.#input.log.error(
          at,
          `Duplicate key "${key}": it stands on line ${first.at.line} already`,
        );
    }
    return [...withoutRepeats(merged, own), ...own.values()];
  }

  #keyOf(key: unknown, at: Position): string | undefined {
    if (isNode(key)) this.#noteAnchor(key);
    if (isScalar(key) && key.value !== null)
      return typeof key.value === "string" ? key.value : (key.source ?? String(key.value));
    this.#input.log.error(at, "Expected text as a key, found something else");
    return undefined;
  }

  /** A key without a value is told at the key: the empty value itself stands nowhere. */
  #readValue(value: unknown, keyAt: Position): Located {
    if (!isNode(value) || (isScalar(value) && value.value === null && (value.source ?? "") === ""))
      return nothingAt(keyAt);
    return this.read(value);
  }

  #mergedEntries(value: Located): readonly LocatedEntry[] {
    const parts = value.kind === "list" ? value.items : [value];
    for (const part of parts) {
      if (part.kind !== "mapping")
        this.#input.log.error(part, `Expected a mapping to merge, found ${describeFound(part)}`);
    }
    return parts
      .filter((part): part is LocatedMapping => part.kind === "mapping")
      .flatMap((part) => part.entries);
  }

  #positionOf(node: Node): Position {
    return this.#input.positionAt(node.range?.[0] ?? 0);
  }

  #refused(at: Position, message: string): Located {
    this.#input.log.error(at, message);
    return nothingAt(at);
  }
}

const nothingAt = (at: Position): Located => ({
  kind: "scalar",
  value: null,
  source: "",
  isFilled: false,
  ...at,
});

function isNode(value: unknown): value is Node {
  return isScalar(value) || isMap(value) || isSeq(value) || isAlias(value);
}

function isMergeKey(key: unknown): boolean {
  return isScalar(key) && key.value === "<<" && key.type === "PLAIN";
}

/** What a mapping says itself wins over what it merges, and the earlier merged over the later. */
function withoutRepeats(
  merged: readonly LocatedEntry[],
  own: ReadonlyMap<string, LocatedEntry>,
): LocatedEntry[] {
  const first = new Map<string, LocatedEntry>();
  for (const entry of merged)
    if (!own.has(entry.key) && !first.has(entry.key)) first.set(entry.key, entry);
  return [...first.values()];
}
