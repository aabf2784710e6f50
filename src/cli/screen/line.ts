/**
 * P: a line for people: pieces of text, some with a style. The only way to a screen for what other people wrote: whatever
 * a piece holds is made inert when the line is written out. How wide it is, is cut-line.ts's: every start loads this file.
 */
import { painted, type Style } from "./colour.ts";
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

/** The words of a piece, as they were given. */
export function spanText(span: Span): string {
  return typeof span === "string" ? span : span.text;
}
