/** Collects everything that is wrong with one suite file, so that all of it is told at once. */
import { closest, distance } from "fastest-levenshtein";
import type { Fault } from "../source.ts";
import { byCodeUnit } from "./order.ts";

/** Where something stands in a file, both 1-based. */
export type Position = { readonly line: number; readonly column: number };

/** A file with more faults than this is not read by anybody. */
const FAULTS_MAX = 1000;

type Told = {
  /** The file that was to be read; others are those that it uses. */
  readonly main: string;
  readonly errors: Map<string, Fault>;
  readonly warnings: Map<string, Fault>;
};

/**
 * The faults of one file and of those that it uses. One place has one error: the first one told, which is the one
 * closest to the cause.
 */
export class FaultLog {
  readonly file: string;
  readonly #told: Told;
  readonly #note: string;

  constructor(file: string, within?: { readonly told: Told; readonly note: string }) {
    this.file = file;
    this.#told = within?.told ?? { main: file, errors: new Map(), warnings: new Map() };
    this.#note = within?.note ?? "";
  }

  /** The same log for places of another file; `note` is added to each message. */
  inFile(file: string, note = ""): FaultLog {
    return new FaultLog(file, { told: this.#told, note });
  }

  error(at: Position, message: string): void {
    this.#add(this.#told.errors, {
      file: this.file,
      line: at.line,
      column: at.column,
      message: message + this.#note,
      severity: "error",
    });
  }

  warn(at: Position, message: string): void {
    this.#add(this.#told.warnings, {
      file: this.file,
      line: at.line,
      column: at.column,
      message: message + this.#note,
      severity: "warning",
    });
  }

  /** Takes over what was told elsewhere about the same file. */
  take(faults: readonly Fault[]): void {
    for (const fault of faults)
      this.#add(fault.severity === "error" ? this.#told.errors : this.#told.warnings, fault);
  }

  get hasErrors(): boolean {
    return this.#told.errors.size > 0;
  }

  /** True when a further error would not be kept: nothing more needs to be looked for. */
  get isFull(): boolean {
    return this.#told.errors.size >= FAULTS_MAX;
  }

  /** How many errors and warnings there are. */
  get count(): number {
    return this.#told.errors.size + this.#told.warnings.size;
  }

  /** Errors and warnings in the order of the file, then those of the files that it uses. */
  get all(): Fault[] {
    const { errors, warnings } = this.#told;
    return this.#sorted([...errors.values(), ...warnings.values()]);
  }

  get warnings(): Fault[] {
    return this.#sorted([...this.#told.warnings.values()]);
  }

  #sorted(faults: readonly Fault[]): Fault[] {
    const rank = ({ file }: Fault): string => (file === this.#told.main ? "" : file);
    return faults.toSorted((a, b) => byCodeUnit(rank(a), rank(b)) || byPosition(a, b));
  }

  #add(faults: Map<string, Fault>, fault: Fault): void {
    const place = `${fault.file}:${fault.line}:${fault.column}`;
    if (!faults.has(place) && faults.size < FAULTS_MAX) faults.set(place, fault);
  }
}

const byPosition = (a: Fault, b: Fault): number => a.line - b.line || a.column - b.column;

/** Longer words are no slips of a key, and would take long to compare. */
const WORD_LENGTH_MAX = 100;
/** More words than these help nobody. */
const WORDS_SHOWN_MAX = 60;

/** Near in letters, `no` would be taken for `on`. */
const ANSWERS: ReadonlyMap<string, string> = new Map([
  ...["yes", "true", "always"].map((word) => [word, "on"] as const),
  ...["no", "none", "false", "never"].map((word) => [word, "off"] as const),
]);

/** The word that was probably meant; undefined when none is near. */
export function nearestWord(found: string, words: readonly string[]): string | undefined {
  if (found === "" || found.length > WORD_LENGTH_MAX) return undefined;
  const answer = ANSWERS.get(found.toLowerCase());
  if (answer !== undefined && words.includes(answer)) return answer;
  const short = words.filter((word) => word.length <= WORD_LENGTH_MAX);
  if (short.length === 0) return undefined;
  const lower = new Map(short.map((word) => [word.toLowerCase(), word]));
  const near = closest(found.toLowerCase(), [...lower.keys()]);
  const isNear = distance(found.toLowerCase(), near) <= Math.max(2, Math.floor(near.length / 3));
  return isNear ? lower.get(near) : undefined;
}

/** `did you mean "timeout"? Expected one of name, steps` — the end of a message about an unknown word. */
export function adviceFor(found: string, words: readonly string[]): string {
  const near = nearestWord(found, words);
  const known =
    words.length === 0
      ? "there are none"
      : `expected ${words.length === 1 ? "" : "one of "}${listOf(words)}`;
  return near === undefined
    ? known
    : `did you mean "${near}"? ${known.charAt(0).toUpperCase()}${known.slice(1)}`;
}

function listOf(words: readonly string[]): string {
  const shown = words.slice(0, WORDS_SHOWN_MAX).map(shortWord).join(", ");
  const more = words.length - WORDS_SHOWN_MAX;
  return more > 0 ? `${shown} and ${more} more` : shown;
}

/** A name that somebody made very long is shown by its beginning. */
export function shortWord(word: string): string {
  return word.length > WORD_LENGTH_MAX ? `${word.slice(0, WORD_LENGTH_MAX - 3)}…` : word;
}
