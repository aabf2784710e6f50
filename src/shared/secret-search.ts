/**
 * Finds values in a text however they are written (K1), all of them in one pass a notation: a tree of their characters is
 * walked along the readings of the text (`disguises.ts`), so that disguises may be mixed within one occurrence, and the
 * cost does not grow with the number of values. Pure.
 *
 * Notations: plain (any run of whitespace where the value has one; each line of a value of several; both normal forms of
 * Unicode; a beginning before the mark of a cut), base64 and base64url at any of the three alignments and over line ends, of
 * UTF-8 and of Latin-1, and hexadecimal. Not found: a value in pieces, encrypted or compressed (who unpacks, looks inside),
 * quoted-printable, in other letter case.
 */
import { isStarter, readingsAt, SPACE } from "./disguises.ts";
import { viewsOf } from "./text-views.ts";

export type Span = { readonly start: number; readonly end: number };

export type SecretSearch = {
  readonly add: (value: string) => void;
  /** Every occurrence, overlapping ones too, in the order of their starts. */
  readonly find: (text: string) => readonly Span[];
};

/** Base64 or hexadecimal of fewer bytes has too few letters of its own to be told from other text. */
const ENCODED_BYTES_MIN = 4;
/** Longer values are cut into about equal pieces of at most so many characters, so that a part of one is found, too. */
const PIECE_LENGTH_MAX = 128;
/** Short stretches of a long value say nothing, and would mask those of other text. */
const PIECE_TEXT_LENGTH_MIN = 8;
/** A beginning of fewer characters gives nothing away. */
const CUT_LENGTH_MIN = 4;
const CUT_MARK = 0x2026;
const PEM_FRAME = /^-----(BEGIN|END) [A-Z0-9 ]+-----$/;

/** Starts without values. */
export function createSecretSearch(): SecretSearch {
  const plain = createTree(asItself);
  const base64 = createTree(foldBase64);
  const hex = createTree(foldHex);
  let isAnyEscaped = false;
  return {
    add: (value) => {
      isAnyEscaped ||= /[^\w.~-]/.test(value);
      const forms = new Set([value, value.normalize("NFC"), value.normalize("NFD")]);
      for (const piece of new Set([...forms].flatMap(piecesOf))) {
        addWord(plain, codesOf(piece));
        for (const bytes of byteForms(piece)) {
          addWord(hex, charCodesOf(bytes.toString("hex")));
          for (const offset of [0, 1, 2]) addBase64(base64, bytes, offset);
        }
      }
    },
    find: (text) =>
      [
        ...spansIn(text, plain),
        ...spansIn(text, hex),
        ...spansIn(text, base64).map((span) => withNeighbours(text, span)),
        // Writers leave letters and digits alone, however many of them there are.
        ...(isAnyEscaped ? viewsOf(text) : []).flatMap((view) =>
          spansIn(view.text, plain).map(view.toOriginal),
        ),
      ].sort((a, b) => a.start - b.start),
  };
}

function piecesOf(value: string): string[] {
  const lines = value.split(/[\r\n]+/).map((line) => line.trim());
  const isTelling = (text: string) =>
    text.trim().length >= PIECE_TEXT_LENGTH_MIN && !PEM_FRAME.test(text);
  const ownLines = lines.length > 1 ? lines.filter(isTelling).flatMap(chunksOf) : [];
  if (value.length <= PIECE_LENGTH_MAX) return value === "" ? [] : [value, ...ownLines];
  return [...chunksOf(value).filter(isTelling), ...ownLines];
}

function chunksOf(value: string): string[] {
  const characters = [...value];
  const count = Math.ceil(value.length / PIECE_LENGTH_MAX);
  const startOf = (index: number) => Math.floor((index * characters.length) / count);
  return Array.from({ length: count }, (_, index) =>
    characters.slice(startOf(index), startOf(index + 1)).join(""),
  );
}

/** Characters, a run of whitespace as one blank; a value that is nothing but blank stands for itself. */
function codesOf(value: string): readonly number[] {
  const collapsed = value.trim().replace(/\s+/gu, " ");
  return [...(collapsed === "" ? value : collapsed)].map((one) => one.codePointAt(0) ?? 0);
}

const charCodesOf = (text: string): readonly number[] => [...text].map((one) => one.charCodeAt(0));

/** A value's bytes: as UTF-8, and as one byte a character, which is how scripts encode for basic authentication. */
function byteForms(value: string): readonly Buffer[] {
  const bytes = Buffer.from(value, "utf8");
  const isLatin = bytes.length !== value.length && /^[\0-\xff]*$/.test(value);
  const forms = isLatin ? [bytes, Buffer.from(value, "latin1")] : [bytes];
  return forms.filter(({ length }) => length >= ENCODED_BYTES_MIN);
}

/** The letters that hold bits of the value alone; those at its ends share theirs with its neighbours. */
function addBase64(tree: Tree, bytes: Buffer, offset: number): void {
  const padded = Buffer.concat([Buffer.alloc(offset), bytes, Buffer.alloc(2)]);
  const first = Math.ceil((offset * 8) / 6);
  const last = Math.floor(((offset + bytes.length) * 8) / 6);
  addWord(tree, charCodesOf(padded.toString("base64").slice(first, last)));
}

/** Of base64: the letters at the ends, and the padding. */
function withNeighbours(text: string, { start, end }: Span): Span {
  const isLetter = (at: number) => /^[A-Za-z0-9+/_-]$/.test(text[at] ?? "");
  let to = end + (isLetter(end) ? 1 : 0);
  while (text[to] === "=" && to < end + 3) to += 1;
  return { start: start - (isLetter(start - 1) ? 1 : 0), end: to };
}

const asItself = (code: number): number => code;

function foldBase64(code: number): number {
  if (code === 0x2d) return 0x2b;
  return code === 0x5f ? 0x2f : code;
}

const foldHex = (code: number): number => (code >= 0x41 && code <= 0x46 ? code + 0x20 : code);

type Branch = {
  readonly id: number;
  readonly next: Map<number, Branch>;
  /** Of a run of whitespace: more of it changes nothing. */
  readonly isSpace: boolean;
  isEnd: boolean;
};

type Tree = {
  readonly root: Branch;
  readonly fold: (code: number) => number;
  /** By UTF-16 unit: whether an occurrence may begin with it. */
  readonly starts: Uint8Array;
  count: number;
};

function createTree(fold: Tree["fold"]): Tree {
  const root: Branch = { id: 0, next: new Map(), isSpace: false, isEnd: false };
  return { root, fold, starts: new Uint8Array(0x10000), count: 1 };
}

function addWord(tree: Tree, codes: readonly number[]): void {
  const [first] = codes;
  if (first === undefined) return;
  noteStart(tree, first);
  let branch = tree.root;
  for (const code of codes) {
    const known = branch.next.get(code);
    const isSpace = code === SPACE && codes.length > 1;
    const made: Branch = known ?? { id: tree.count, next: new Map(), isSpace, isEnd: false };
    if (known === undefined) {
      branch.next.set(code, made);
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

function spansIn(text: string, tree: Tree): Span[] {
  const spans: Span[] = [];
  if (tree.root.next.size === 0) return spans;
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
    const next: Branch | undefined = branch.next.get(tree.fold(code));
    if (next === undefined) return -1;
    branch = next;
  }
  return longestOf(text, tree, { branch, at, depth: at - start });
}

/** Whether any reading of what stands here begins a value. */
function isBegin(text: string, at: number, { root, fold }: Tree): boolean {
  if (root.next.has(fold(text.codePointAt(at) ?? 0))) return true;
  const readings = readingsAt(text, at);
  for (let index = 0; index < readings.length; index += 2)
    if (root.next.has(fold(readings[index] ?? 0))) return true;
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
    const branch = stand.branch.next.get(stand.tree.fold(code));
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
  const direct = branch.next.get(tree.fold(code));
  if (direct !== undefined) ways.push({ branch: direct, at: end });
  if (!isBlank(code)) return;
  const blank = branch.next.get(SPACE);
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
