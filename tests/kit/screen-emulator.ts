/**
 * A terminal as far as the CLI uses one (ECMA-48 and xterm's private modes), so that a test sees what a person sees.
 * Throws on every sequence that it does not know: nothing unexpected reaches a terminal unnoticed.
 */
import { widthOf } from "#cli/screen/display-width.ts";

type Size = { readonly columns: number; readonly rows: number };

export type EmulatorOptions = Size & {
  /** How wide this terminal thinks that a character is; terminals disagree about emoji. */
  readonly widthOf?: (character: string) => number;
};

/** A sequence, half of a line end, or text up to the next of them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const TOKENS = /\u001b\[(\?)?([\d;]*)([A-Za-z])|[\r\n]|[^\u001b\r\n]+|\u001b/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they must not come
const CONTROLS = /[\u0000-\u001f\u007f-\u009f]/;
const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** An empty screen with its cursor at the top left. */
export class ScreenEmulator {
  readonly #measure: (character: string) => number;
  readonly #scrolledOff: string[] = [];
  #size: Size;
  #grid: string[][];
  #row = 0;
  #column = 0;
  #isWrapping = true;
  isCursorVisible = true;

  constructor(options: EmulatorOptions) {
    this.#measure = options.widthOf ?? widthOf;
    this.#size = { columns: options.columns, rows: options.rows };
    this.#grid = Array.from({ length: options.rows }, () => []);
  }

  /** The rows on the screen. */
  screen(): readonly string[] {
    return this.#grid.map(textOf);
  }

  /** Everything that was ever on it, from the first row that scrolled off to the last that is not empty. */
  rows(): readonly string[] {
    const all = [...this.#scrolledOff, ...this.screen()];
    return all.slice(0, all.findLastIndex((text) => text !== "") + 1);
  }

  cursor(): { readonly row: number; readonly column: number } {
    return { row: this.#row, column: this.#column };
  }

  feed(text: string): void {
    for (const [token, mark, parameters = "", letter] of text.matchAll(TOKENS)) {
      if (letter !== undefined) this.#obey(mark === "?", Number(parameters.split(";")[0]), letter);
      else if (token === "\r") this.#column = 0;
      else if (token === "\n") this.#lineFeed();
      else for (const { segment } of graphemes.segment(token)) this.#put(segment);
    }
  }

  /** As xterm does it: rows are cut, not wrapped anew. */
  resize(next: Size): void {
    // A terminal that gets shorter pushes its upper rows off when the cursor needs them.
    for (; this.#row > next.rows - 1; this.#row -= 1)
      this.#scrolledOff.push(textOf(this.#grid.shift() ?? []));
    this.#grid = Array.from({ length: next.rows }, (_, index) =>
      this.#cells(index).slice(0, next.columns),
    );
    this.#column = Math.min(this.#column, next.columns);
    this.#size = next;
  }

  #cells(row: number): string[] {
    return this.#grid[row] ?? [];
  }

  #lineFeed(): void {
    if (this.#row < this.#size.rows - 1) {
      this.#row += 1;
      return;
    }
    this.#scrolledOff.push(textOf(this.#grid.shift() ?? []));
    this.#grid.push([]);
  }

  #put(character: string): void {
    if (CONTROLS.test(character))
      throw new Error(`A control character reached the screen: ${JSON.stringify(character)}`);
    const width = this.#measure(character);
    if (this.#column + width > this.#size.columns) this.#overflow(width);
    const cells = this.#cells(this.#row);
    while (cells.length < this.#column) cells.push(" ");
    for (let cell = 0; cell < width; cell += 1)
      cells[this.#column + cell] = cell === 0 ? character : "";
    this.#column += width;
  }

  #overflow(width: number): void {
    this.#column = this.#isWrapping ? 0 : Math.max(0, this.#size.columns - width);
    if (this.#isWrapping) this.#lineFeed();
  }

  #obey(isPrivate: boolean, count: number, letter: string): void {
    if (isPrivate && (letter === "h" || letter === "l")) this.#setMode(count, letter === "h");
    else if (letter === "A") this.#row = Math.max(0, this.#row - Math.max(1, count));
    else if (letter === "K" && count === 0) this.#eraseRow();
    else if (letter === "J" && count === 0) {
      this.#eraseRow();
      for (let below = this.#row + 1; below < this.#size.rows; below += 1) this.#grid[below] = [];
    } else if (letter !== "m") throw new Error(`Unknown sequence ${count}${letter}`);
  }

  #setMode(mode: number, isOn: boolean): void {
    if (mode === 25) this.isCursorVisible = isOn;
    else if (mode === 7) this.#isWrapping = isOn;
    else if (mode !== 2026) throw new Error(`Unknown private mode ${mode}`);
  }

  #eraseRow(): void {
    const cells = this.#cells(this.#row);
    // A cursor that is about to wrap stands on the last column.
    cells.length = Math.min(cells.length, this.#column, this.#size.columns - 1);
  }
}

function textOf(cells: readonly (string | undefined)[]): string {
  return Array.from(cells, (cell) => cell ?? " ")
    .join("")
    .trimEnd();
}
