/**
 * P: a line for people: pieces of text, some with a style. The only way to a screen for what other people wrote: whatever
 * a piece holds is made inert when the line is written out.
 */
import { painted, type Style } from "./colour.ts";
import { cutToWidth, widthOf } from "./display-width.ts";
import { inertLine } from "./inert-text.ts";

export type Span = string | { readonly text: string; readonly style: Style };
export type Line = readonly Span[];

/** The line as text for a stream: inert, in colour or not. */
export function lineText(line: Line, isColour: boolean): string {
  return line
    .map((span) => {
      if (typeof span === "string") return inertLine(span);
      const text = inertLine(span.text);
      return isColour && text !== "" ? painted(text, span.style) : text;
    })
    .join("");
}

/** Columns that the line takes. */
export function lineWidth(line: Line): number {
  return line.reduce((sum, span) => sum + widthOf(inertLine(textOf(span))), 0);
}

/** As much of the line's start as fits. */
export function cutLine(line: Line, columns: number): Line {
  if (lineWidth(line) <= columns) return line;
  const kept: Span[] = [];
  let left = columns;
  for (const span of line) {
    const text = inertLine(textOf(span));
    const width = widthOf(text);
    // The rest of the line follows: even a piece that fits leaves room for the ellipsis.
    const isLast = width >= left;
    const cut = isLast ? cutToWidth(width === left ? `${text}…` : text, left) : text;
    kept.push(typeof span === "string" ? cut : { text: cut, style: span.style });
    left -= width;
    if (isLast) break;
  }
  return kept;
}

function textOf(span: Span): string {
  return typeof span === "string" ? span : span.text;
}
