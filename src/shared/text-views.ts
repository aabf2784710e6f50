/**
 * A text with one layer of its writing taken off: percent encoding, escapes of JSON and JavaScript, or HTML entities. With the
 * readings of `disguises.ts` on top, two writers on one another are seen through (JSON in an attribute, in a query). Pure.
 */
import { layerAt } from "./disguises.ts";
import type { Span } from "./secret-tree.ts";

export type TextView = {
  readonly text: string;
  /** The span of the original text that shows as this one. */
  readonly toOriginal: (span: Span) => Span;
};

const MARKS = ["%", "\\", "&"];
const NOTHING = [0, -1] as const;
/** Of Unicode. */
const CODE_MAX = 0x10ffff;

/** One view for each writer that left its mark in the text. */
export function viewsOf(text: string): readonly TextView[] {
  return MARKS.flatMap((mark) => viewBehind(text, mark) ?? []);
}

/** Where one character of the view stands for several of the original: places in the view, begins and ends in the original. */
type Marks = { readonly at: number[]; readonly from: number[]; readonly to: number[] };

function viewBehind(text: string, mark: string): TextView | undefined {
  const parts: string[] = [];
  const marks: Marks = { at: [], from: [], to: [] };
  let length = 0;
  let done = 0;
  let at = text.indexOf(mark);
  while (at >= 0) {
    const [code, end] = layerAt(text, at) ?? NOTHING;
    if (end > at && code <= CODE_MAX) {
      const shown = String.fromCodePoint(code);
      parts.push(text.slice(done, at), shown);
      length += at - done + shown.length;
      marks.at.push(length - shown.length);
      marks.from.push(at);
      marks.to.push(end);
      done = end;
    }
    at = text.indexOf(mark, Math.max(end, at + 1));
  }
  if (marks.at.length === 0) return undefined;
  parts.push(text.slice(done));
  return { text: parts.join(""), toOriginal: (span) => originalOf(span, marks) };
}

function originalOf({ start, end }: Span, marks: Marks): Span {
  return { start: placeOf(start, marks).start, end: placeOf(end - 1, marks).end };
}

/** The original of one character of the view. */
function placeOf(at: number, marks: Marks): Span {
  let low = 0;
  let high = marks.at.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((marks.at[middle] ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  const own = marks.at[low - 1];
  if (own === undefined) return { start: at, end: at + 1 };
  const from = marks.from[low - 1] ?? 0;
  const to = marks.to[low - 1] ?? 0;
  if (at === own) return { start: from, end: to };
  return { start: to + at - own - 1, end: to + at - own };
}
