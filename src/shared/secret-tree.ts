/**
 * Words as a tree of their characters, and the walk through a text along its readings (`disguises.ts`) that finds them: one pass,
 * whose cost does not grow with the number of words. Pure. A run of whitespace in a word stands for any other; before the mark
 * of a cut the beginning of a word is enough; lines of base64 may end anywhere.
 */
import { isStarter, readingsAt, SPACE } from "./disguises.ts";

export type Span = { readonly start: number; readonly end: number };

/** A beginning of fewer characters gives nothing away. */
const CUT_LENGTH_MIN = 4;
const CUT_MARK = 0x2026;

/** Plain text. */
export const asItself = (code: number): number => code;

/** base64url is base64. */
export function foldBase64(code: number): number {
  if (code === 0x2d) return 0x2b;
  return code === 0x5f ? 0x2f : code;
}

/** In either letter case. */
export const foldHex = (code: number): number =>
  code >= 0x41 && code <= 0x46 ? code + 0x20 : code;

type Branch = {
  readonly id: number;
  /** Of its one follower, as most have one only; -1 for none. */
  code: number;
  follower: Branch | undefined;
  /** The others. */
  next: Map<number, Branch> | undefined;
  /** Of a run of whitespace: more of it changes nothing. */
  readonly isSpace: boolean;
  isEnd: boolean;
};

export type Tree = {
  readonly root: Branch;
  readonly fold: (code: number) => number;
  /** By UTF-16 unit: whether an occurrence may begin with it. */
  readonly starts: Uint8Array;
  count: number;
};

/** Starts without words; `fold` makes of a character the one that words are made of. */
export function createTree(fold: Tree["fold"]): Tree {
  const root = createBranch(0, false);
  return { root, fold, starts: new Uint8Array(0x10000), count: 1 };
}

function createBranch(id: number, isSpace: boolean): Branch {
  return { id, code: -1, follower: undefined, next: undefined, isSpace, isEnd: false };
}

function follow(branch: Branch, code: number): Branch | undefined {
  return branch.code === code ? branch.follower : branch.next?.get(code);
}

function grow(branch: Branch, code: number, made: Branch): void {
  if (branch.code === -1) {
    branch.code = code;
    branch.follower = made;
    return;
  }
  branch.next ??= new Map();
  branch.next.set(code, made);
}

/** Words are found from then on. */
export function addWord(tree: Tree, codes: readonly number[]): void {
  const [first] = codes;
  if (first === undefined) return;
  noteStart(tree, first);
  let branch = tree.root;
  for (const code of codes) {
    const made =
      follow(branch, code) ?? createBranch(tree.count, code === SPACE && codes.length > 1);
    if (made.id === tree.count) {
      grow(branch, code, made);
      tree.count += 1;
    }
    branch = made;
  }
  branch.isEnd = true;
}

function noteStart({ starts, fold }: Tree, first: number): void {
  for (let code = 0; code < 0x80; code += 1) if (fold(code) === first) starts[code] = 1;
  starts[String.fromCodePoint(first).charCodeAt(0)] = 1;
  // Nobody escapes a letter within base64.
  if (fold !== asItself && first !== 0x2b && first !== 0x2f) return;
  for (let code = 0; code < 0x100; code += 1) if (isStarter(code)) starts[code] = 1;
}

/** Every place where a word stands, the longest of those that begin there, in order; none within the one before. */
export function spansIn(text: string, tree: Tree): Span[] {
  const spans: Span[] = [];
  if (tree.count === 1) return spans;
  const { starts } = tree;
  for (let start = 0; start < text.length; start += 1) {
    if (starts[text.charCodeAt(start)] === 0) continue;
    const end = longestFrom(text, start, tree);
    // What lies within the last one is covered.
    if (end > (spans.at(-1)?.end ?? 0)) spans.push({ start, end });
  }
  return spans;
}

/** Where the longest occurrence that begins here ends; -1 when none does. */
function longestFrom(text: string, start: number, tree: Tree): number {
  // Most ends at once: what is no escape has one reading, and needs no list of ways.
  let branch: Branch | undefined = tree.root;
  let at = start;
  for (; ; at += 1) {
    const code = text.charCodeAt(at);
    if (ORDINARY[code] !== 1 || branch.isEnd) {
      if (at === start && !isBegin(text, at, tree)) return -1;
      break;
    }
    const next: Branch | undefined = follow(branch, tree.fold(code));
    if (next === undefined) return -1;
    branch = next;
  }
  return longestOf(text, tree, { branch, at, depth: at - start });
}

/** Whether any reading of what stands here begins a value. */
function isBegin(text: string, at: number, { root, fold }: Tree): boolean {
  if (follow(root, fold(text.codePointAt(at) ?? 0)) !== undefined) return true;
  const readings = readingsAt(text, at);
  for (let index = 0; index < readings.length; index += 2)
    if (follow(root, fold(readings[index] ?? 0)) !== undefined) return true;
  return false;
}

type Walker = { readonly branch: Branch; readonly at: number; readonly depth: number };

function longestOf(text: string, tree: Tree, from: Walker): number {
  let best = -1;
  let seen: Set<number> | undefined;
  const waiting: Walker[] = [];
  let current = from;
  for (;;) {
    const { branch, at, depth } = current;
    const isCut = depth >= CUT_LENGTH_MIN && isCutAt(text, at);
    if (at > best && (branch.isEnd || isCut)) best = at;
    const ways = waysFrom(text, at, { tree, branch, isInside: depth > 0 });
    const [way, ...others] = ways;
    for (const other of others) {
      // Two ways to one place are walked once, so that the cost stays bounded.
      seen ??= new Set();
      const key = other.at * 2 ** 21 + other.branch.id;
      if (seen.has(key)) continue;
      seen.add(key);
      waiting.push({ ...other, depth: depth + 1 });
    }
    const next = way === undefined ? waiting.pop() : { ...way, depth: depth + 1 };
    if (next === undefined) return best;
    current = next;
  }
}

type Way = { readonly branch: Branch; readonly at: number };
type Stand = { readonly tree: Tree; readonly branch: Branch; readonly isInside: boolean };

const NO_WAYS: readonly Way[] = [];

/** What may come next: the character itself, and whatever else it may stand for. */
function waysFrom(text: string, at: number, stand: Stand): readonly Way[] {
  if (at >= text.length) return NO_WAYS;
  const code = text.codePointAt(at) ?? 0;
  const end = at + (code > 0xffff ? 2 : 1);
  if (code > 0xffff || ORDINARY[code] === 1) {
    const branch = follow(stand.branch, stand.tree.fold(code));
    return branch === undefined ? NO_WAYS : [{ branch, at: end }];
  }
  const readings = [code, end, ...readingsAt(text, at)];
  const ways: Way[] = [];
  for (let index = 0; index < readings.length; index += 2)
    addWays(ways, stand, { code: readings[index] ?? 0, end: readings[index + 1] ?? 0 });
  return ways;
}

type Reading = { readonly code: number; readonly end: number };

function addWays(ways: Way[], { tree, branch, isInside }: Stand, { code, end }: Reading): void {
  const direct = follow(branch, tree.fold(code));
  if (direct !== undefined) ways.push({ branch: direct, at: end });
  if (!isBlank(code)) return;
  const blank = follow(branch, SPACE);
  if (blank !== undefined && blank !== direct) ways.push({ branch: blank, at: end });
  // More of a run of whitespace; in base64 the end of a line.
  const isLineEnd = code === 10 || code === 13;
  if (branch.isSpace || (isInside && isLineEnd && isEncoded(tree))) ways.push({ branch, at: end });
}

const isEncoded = ({ fold }: Tree): boolean => fold === foldBase64;

function isBlank(code: number): boolean {
  if (code <= 0x20) return code === SPACE || (code >= 9 && code <= 13);
  return code >= 0xa0 && OTHER_BLANKS.has(code);
}

/** The rest of what a pattern's `\s` takes. */
const OTHER_BLANKS: ReadonlySet<number> = new Set([
  ...[0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000, 0xfeff],
  ...Array.from({ length: 11 }, (_, index) => 0x2000 + index),
]);

/** Characters of one reading, none of them blank and none a mark of a cut. */
const ORDINARY = Uint8Array.from({ length: 0x10000 }, (_, code) => {
  const isHalf = code >= 0xd800 && code <= 0xdfff;
  return isHalf || isStarter(code) || isBlank(code) || code === CUT_MARK ? 0 : 1;
});

function isCutAt(text: string, at: number): boolean {
  const from = text.charCodeAt(at) === SPACE ? at + 1 : at;
  return (
    text.charCodeAt(from) === CUT_MARK ||
    text.startsWith("\\u2026", from) ||
    text.startsWith("\u00e2\u0080\u00a6", from)
  );
}
