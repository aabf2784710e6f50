/** Collects the steps of one list in their order, with remarks between them, and what could not be translated. */
import { escapeTemplate } from "#shared/template.ts";
import type { Position } from "../reading/fault-log.ts";
import type { Advice, Entries, Item, Missing } from "./imported.ts";
import type { SecretBook } from "./secret-book.ts";

/** Scripts that call themselves would otherwise go on for ever. */
const ITEMS_MAX = 20_000;
const SHOWN_MAX = 120;

/** What all lists of one file share. */
export class ImportBook {
  readonly secrets: SecretBook;
  readonly #missing = new Map<string, Missing>();
  readonly #advice = new Map<string, Advice>();
  #itemCount = 0;
  #saveCount = 0;

  constructor(secrets: SecretBook) {
    this.secrets = secrets;
  }

  /** False when the file has grown beyond all bounds. */
  takeRoom(): boolean {
    this.#itemCount += 1;
    return this.#itemCount <= ITEMS_MAX;
  }

  /** A key to save under that no other value has. */
  freshKey(wanted: string): string {
    this.#saveCount += 1;
    return `${wanted}${this.#saveCount}`;
  }

  tellMissing(one: Missing): void {
    this.#missing.set(`${one.file}:${one.line}:${one.column}:${one.why}`, one);
  }

  tellAdvice(one: Advice): void {
    this.#advice.set(`${one.line}:${one.text}`, one);
  }

  get missing(): readonly Missing[] {
    return [...this.#missing.values()].toSorted(byPlace);
  }

  get advice(): readonly Advice[] {
    return [...this.#advice.values()].toSorted(byPlace);
  }
}

const byPlace = (a: Position, b: Position): number => a.line - b.line || a.column - b.column;

/** One list of steps. */
export class Recorder {
  readonly book: ImportBook;
  readonly items: Item[] = [];
  /** The file that is read now; undefined: the imported one. */
  file: string | undefined;

  constructor(book: ImportBook) {
    this.book = book;
  }

  step(entries: Entries): void {
    if (this.book.takeRoom()) this.items.push({ kind: "step", entries });
  }

  /** Something that is as it should be without a step. */
  remark(at: Position, text: string): void {
    if (this.book.takeRoom())
      this.items.push({ kind: "remark", text: `${this.#placeOf(at)}: ${text}` });
  }

  #placeOf({ line }: Position): string {
    return this.file === undefined ? `line ${line}` : `${this.file}:${line}`;
  }

  /** Something that is left out: it is listed, and said at its place. */
  missing(at: Position & { readonly text: string }, why: string): void {
    const what = shorten(at.text);
    const file = this.file === undefined ? {} : { file: this.file };
    this.book.tellMissing({ ...file, line: at.line, column: at.column, what, why });
    this.remark(at, `NOT TRANSLATED: ${what} (${why})`);
  }
}

/** One line of a source text. */
export function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > SHOWN_MAX ? `${line.slice(0, SHOWN_MAX - 1)}…` : line;
}

/** A literal of a script as a template that means itself. */
export const literal = escapeTemplate;
