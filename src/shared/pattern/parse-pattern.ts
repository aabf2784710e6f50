/**
 * Reads a JavaScript regular expression as a tree, for `match-program.ts`. The runtime has accepted the text before, so
 * only its structure is read here; what one character may be stays text, and the runtime is asked about it.
 *
 * Not read, and told as undefined: references to groups, sets of the flag `v`, flags inside a group, octal escapes.
 */

export type PatternTree =
  /** One character of the text: `a`, `.`, `\d`, `[a-z]`. */
  | { readonly kind: "character"; readonly source: string }
  | { readonly kind: "sequence"; readonly parts: readonly PatternTree[] }
  | { readonly kind: "choice"; readonly options: readonly PatternTree[] }
  /** `max` is Infinity for `*`, `+` and `{n,}`. */
  | {
      readonly kind: "repeat";
      readonly part: PatternTree;
      readonly min: number;
      readonly max: number;
    }
  | {
      readonly kind: "look";
      readonly part: PatternTree;
      readonly isBehind: boolean;
      readonly isNegative: boolean;
    }
  | { readonly kind: "edge"; readonly edge: Edge };
/** `^`, `$`, `\b`, `\B`. */
export type Edge = "start" | "end" | "word" | "not_word";

/** Deeper groups are not read. */
const DEPTH_MAX = 200;

class Unread extends Error {}

/** The tree of a pattern; undefined when it holds what is not read. */
export function parsePatternTree(pattern: RegExp): PatternTree | undefined {
  if (pattern.unicodeSets) return undefined;
  try {
    return new PatternReader(pattern).readAll();
  } catch (thrown) {
    if (thrown instanceof Unread) return undefined;
    throw thrown;
  }
}

class PatternReader {
  readonly #source: string;
  readonly #isUnicode: boolean;
  #index = 0;
  #depth = 0;

  constructor({ source, unicode }: RegExp) {
    this.#source = source;
    this.#isUnicode = unicode;
  }

  readAll(): PatternTree {
    const tree = this.#readChoice();
    if (this.#index < this.#source.length) throw new Unread();
    return tree;
  }

  #readChoice(): PatternTree {
    this.#depth += 1;
    if (this.#depth > DEPTH_MAX) throw new Unread();
    const options = [this.#readSequence()];
    while (this.#take("|")) options.push(this.#readSequence());
    this.#depth -= 1;
    const [only] = options;
    return options.length === 1 && only !== undefined ? only : { kind: "choice", options };
  }

  #readSequence(): PatternTree {
    const parts: PatternTree[] = [];
    while (this.#index < this.#source.length && !/[|)]/.test(this.#source[this.#index] ?? ""))
      parts.push(this.#readQuantified());
    return { kind: "sequence", parts };
  }

  #readQuantified(): PatternTree {
    const part = this.#readPart();
    const found = this.#match(/[*+?]\??|\{(\d+)(,(\d*))?\}\??/y);
    if (found === undefined) return part;
    const [text, low = "", comma, high = ""] = found;
    if (low === "")
      return {
        kind: "repeat",
        part,
        min: text[0] === "+" ? 1 : 0,
        max: text[0] === "?" ? 1 : Infinity,
      };
    const min = Number(low);
    const max = comma === undefined ? min : high === "" ? Infinity : Number(high);
    return { kind: "repeat", part, min, max };
  }

  #readPart(): PatternTree {
    if (this.#take("^")) return { kind: "edge", edge: "start" };
    if (this.#take("$")) return { kind: "edge", edge: "end" };
    if (this.#take("\\b")) return { kind: "edge", edge: "word" };
    if (this.#take("\\B")) return { kind: "edge", edge: "not_word" };
    if (this.#take("(")) return this.#readGroup();
    const source = this.#readSet() ?? this.#readEscape() ?? this.#readLiteral();
    return { kind: "character", source };
  }

  #readGroup(): PatternTree {
    const look = this.#match(/\?(<?)([=!])/y);
    if (look === undefined && this.#match(/\?:|\?<[^>]*>/y) === undefined && this.#peek("?"))
      throw new Unread();
    const part = this.#readChoice();
    if (!this.#take(")")) throw new Unread();
    if (look === undefined) return part;
    return { kind: "look", part, isBehind: look[1] === "<", isNegative: look[2] === "!" };
  }

  /** Inside of a set every bracket but the last is escaped or literal. */
  #readSet(): string | undefined {
    if (!this.#peek("[")) return undefined;
    return this.#match(/\[(?:[^\]\\]|\\[\s\S])*\]/y)?.[0];
  }

  #readEscape(): string | undefined {
    if (!this.#peek("\\")) return undefined;
    const unicode = this.#isUnicode
      ? /\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|u\{[^}]*\}|[pP]\{[^}]*\})/y
      : undefined;
    const long = unicode && this.#match(unicode);
    const found =
      long ?? this.#match(/\\(?:u[\da-fA-F]{4}|x[\da-fA-F]{2}|c[A-Za-z]|0(?!\d)|[^\dkc])/y);
    if (found === undefined) throw new Unread();
    return found[0];
  }

  #readLiteral(): string {
    const code = this.#source.codePointAt(this.#index) ?? 0;
    const text = this.#isUnicode ? String.fromCodePoint(code) : this.#source.charAt(this.#index);
    this.#index += text.length;
    // Brackets and braces that begin nothing stand for themselves.
    return /[\]{}]/.test(text) ? `\\${text}` : text;
  }

  #peek(text: string): boolean {
    return this.#source.startsWith(text, this.#index);
  }

  #take(text: string): boolean {
    if (!this.#peek(text)) return false;
    this.#index += text.length;
    return true;
  }

  #match(sticky: RegExp): RegExpExecArray | undefined {
    sticky.lastIndex = this.#index;
    const found = sticky.exec(this.#source);
    if (found === null) return undefined;
    this.#index += found[0].length;
    return found;
  }
}
