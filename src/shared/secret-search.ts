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
import {
  addWord,
  asItself,
  createTree,
  foldBase64,
  foldHex,
  type Span,
  spansIn,
  type Tree,
} from "./secret-tree.ts";
import { viewsOf } from "./text-views.ts";

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
