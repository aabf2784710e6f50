/** What is plainly no CSS selector, and what was probably meant: told at load rather than by the browser. */

/** A fault of a selector that is known, or undefined; what only a browser can judge passes. */
export function faultInSelector(written: string): string | undefined {
  const found = JSON.stringify(written);
  const text = written.trim();
  if (text === "") return `Expected a CSS selector, found ${found}`;
  if (/^(\(*\/\/|\.\.)/.test(text))
    return `Expected a CSS selector, found ${found}: write xpath=${text}`;
  if (text.startsWith("/"))
    return `Expected a CSS selector, found ${found}: a regular expression for a text is written text=${text}`;
  if (/^\d/.test(text))
    return `Expected a CSS selector, found ${found}: none begins with a digit; a text is written text=${text}`;
  const open = unclosedIn(text);
  return open === undefined
    ? undefined
    : `Expected a CSS selector, found ${found}: ${open} is not closed`;
}

const CLOSERS: ReadonlyMap<string, string> = new Map([
  ["[", "]"],
  ["(", ")"],
  ['"', '"'],
  ["'", "'"],
]);

/** The last bracket or quote that opens and never closes. */
function unclosedIn(text: string): string | undefined {
  const open: string[] = [];
  for (const [sign] of text.matchAll(/\\.|[[\]()"']/gs)) {
    const last = open.at(-1) ?? "";
    const isQuoted = last === '"' || last === "'";
    if (sign === CLOSERS.get(last)) open.pop();
    else if (!isQuoted && CLOSERS.has(sign)) open.push(sign);
  }
  return open.at(-1);
}
