/**
 * P: how many columns text takes on a screen, and cutting it to fit. Counted by what people see as one character
 * (grapheme clusters): East Asian wide ones and emoji take two columns, combining marks none.
 */
import { eastAsianWidth } from "get-east-asian-width";

/** One column each: ASCII, Latin letters with their marks, and the points, quotes and dashes of most languages. */
const PLAIN =
  /^[ -~\u00a0-\u00ac\u00ae-\u02ff\u2010-\u2027\u2030-\u203b\u203d-\u2048\u204a-\u205e]*$/;
const WITHOUT_WIDTH = /^[\p{M}\p{Cf}\p{Cc}\p{Cs}\u115f\u1160]+$/u;
const EMOJI =
  /\p{Emoji_Presentation}|\p{Emoji}\ufe0f|\p{Regional_Indicator}{2}|[#*0-9]\ufe0f?\u20e3/u;
const ELLIPSIS = "…";

/** Columns of one line of inert text. */
export function widthOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemesOf(text)) width += graphemeWidth(segment);
  return width;
}

/** The text, or as much of its start as fits into the columns with an ellipsis after it. */
export function cutToWidth(text: string, columns: number): string {
  if (columns <= 0) return "";
  if (widthOf(text) <= columns) return text;
  let kept = "";
  let width = 0;
  for (const { segment } of graphemesOf(text)) {
    width += graphemeWidth(segment);
    if (width > columns - 1) break;
    kept += segment;
  }
  return kept + ELLIPSIS;
}

/** Cut or padded with spaces to exactly so many columns. */
export function fitToWidth(text: string, columns: number): string {
  const cut = cutToWidth(text, columns);
  return cut + " ".repeat(Math.max(0, columns - widthOf(cut)));
}

let segmenter: Intl.Segmenter | undefined;

function graphemesOf(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter("en", { granularity: "grapheme" });
  return segmenter.segment(text);
}

function graphemeWidth(grapheme: string): number {
  if (WITHOUT_WIDTH.test(grapheme)) return 0;
  if (EMOJI.test(grapheme)) return 2;
  // What spaces forward in a cluster (Indic vowel signs, Hangul vowels) stays within its base.
  return eastAsianWidth(grapheme.codePointAt(0) ?? 0);
}
