/**
 * Reads Playwright's errors, whose facts are only in their text: ANSI colours, a call log, browser logs. Owns the
 * words that people see instead. Texts decide nothing here but what is shown.
 */

/** A reason for people why an action did not come about, from the log of what was tried; undefined when it says nothing. */
export function explainLog(message: string): string | undefined {
  const log = logLines(message);
  const last = (pattern: RegExp) => log.findLast((line) => pattern.test(line));
  const covered = last(/intercepts pointer events/);
  if (covered !== undefined) {
    return `the element is covered: ${covered.replace("intercepts pointer events", "").trim()} receives the click`;
  }
  const state = last(
    /^(element is not |did not find some options|element was detached|element is outside)/,
  );
  if (state !== undefined) {
    return state.replace("did not find some options", "not all options are there");
  }
  if (last(/locator resolved to/) !== undefined) return undefined;
  return last(/^waiting for (locator|getBy|css=|frame)/) === undefined
    ? undefined
    : "no element matches";
}

/** The message without its logs, colours, stack and the name of the call. */
export function plainMessage(message: string): string {
  const head = withoutColours(message).split(/\n(?:Call log|Browser logs):/)[0] ?? "";
  const lines = head.split("\n").filter((line) => !/^\s+at /.test(line));
  return lines
    .join("\n")
    .replace(/^[\w.]+: (?:Error: )?/, "")
    .trim();
}

/** The first lines of a long text, joined. */
export function firstLines(text: string, count: number): string {
  const lines = withoutColours(text)
    .split("\n")
    .map((line) => line.trim());
  return lines
    .filter((line) => line !== "")
    .slice(0, count)
    .join(" ");
}

function logLines(message: string): string[] {
  const log = withoutColours(message).split("\nCall log:\n")[1] ?? "";
  return log.split("\n").map((line) => line.replace(/^\s*-?\s*(?:\d+ × )?/, "").trim());
}

function withoutColours(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ANSI colours begin with one
  return text.replace(/\u001b\[\d*m/g, "");
}
