/** P: lines in columns of a screen. */
import { cutToWidth, widthOf } from "./display-width.ts";
import { inertLine } from "./inert-text.ts";
import { type Line, type Span, spanText } from "./line.ts";

/** Columns that the line takes. */
export function lineWidth(line: Line): number {
  return line.reduce((sum, span) => sum + widthOf(inertLine(spanText(span))), 0);
}

/** As much of the line's start as fits. */
export function cutLine(line: Line, columns: number): Line {
  if (lineWidth(line) <= columns) return line;
  const kept: Span[] = [];
  let left = columns;
  for (const span of line) {
    const text = inertLine(spanText(span));
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
