/** Collects everything that is wrong with one suite file, so that all of it is told at once. */
import { closest, distance } from "fastest-levenshtein";
import type { Fault } from "../source.ts";

/** Where something stands in a file, both 1-based. */
export type Position = { readonly line: number; readonly column: number };

/** A file with more faults than this is not read by anybody. */
const FAULTS_MAX = 1000;

/** The faults of one file. One place has one error: the first one told, which is the one closest to the cause. */
export class FaultLog {
  readonly file: string;
  readonly #errors = new Map<string, Fault>();
  readonly #warnings = new Map<string, Fault>();

  constructor(file: string) {
    this.file = file;
  }

  error(at: Position, message: string): void {
    this.#add(this.#errors, {
      file: this.file,
      line: at.line,
      column: at.column,
      message,
      severity: "error",
    });
  }

  warn(at: Position, message: string): void {
    this.#add(this.#warnings, {
      file: this.file,
      line: at.line,
      column: at.column,
      message,
      severity: "warning",
    });
  }

  /** Takes over what was told elsewhere about the same file. */
  take(faults: readonly Fault[]): void {
    for (const fault of faults)
      this.#add(fault.severity === "error" ? this.#errors : this.#warnings, fault);
  }

  get hasErrors(): boolean {
    return this.#errors.size > 0;
  }

  /** Errors and warnings in the order of the file. */
  get all(): Fault[] {
    return [...this.#errors.values(), ...this.#warnings.values()].toSorted(byPosition);
  }

  get warnings(): Fault[] {
    return [...this.#warnings.values()].toSorted(byPosition);
  }

  #add(faults: Map<string, Fault>, fault: Fault): void {
    const place = `${fault.line}:${fault.column}`;
    if (!faults.has(place) && faults.size < FAULTS_MAX) faults.set(place, fault);
  }
}

const byPosition = (a: Fault, b: Fault): number => a.line - b.line || a.column - b.column;

/** The word that was probably meant; undefined when none is near. */
export function nearestWord(found: string, words: readonly string[]): string | undefined {
  if (words.length === 0 || found === "") return undefined;
  const lower = new Map(words.map((word) => [word.toLowerCase(), word]));
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
      : `expected ${words.length === 1 ? "" : "one of "}${words.join(", ")}`;
  return near === undefined
    ? known
    : `did you mean "${near}"? ${known.charAt(0).toUpperCase()}${known.slice(1)}`;
}
