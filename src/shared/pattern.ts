/** How the format writes regular expressions: `a.b`, or `/a.b/i` with flags. Checked at load, used on the node: one reading for both. */
import { messageOf } from "./errors.ts";

/**
 * Reads a pattern; `g` and `y` are dropped, since they keep a place between uses.
 *
 * @returns A sentence when the text is no regular expression.
 */
export function parsePattern(text: string): RegExp | string {
  const literal = /^\/(.+)\/([dgimsuvy]*)$/s.exec(text);
  try {
    return new RegExp(literal?.[1] ?? text, (literal?.[2] ?? "").replaceAll(/[gy]/g, ""));
  } catch (thrown) {
    return messageOf(thrown);
  }
}
