/** Comments that take findings back: `# lint-ignore RULE reason`, on the line of the finding or the line above it. */
import { adviceFor } from "../reading/fault-log.ts";
import type { Spot } from "./findings.ts";

type Ignore = {
  readonly line: number;
  readonly column: number;
  readonly rules: readonly string[];
  readonly reason: string;
  /** The lines whose findings it takes back. */
  readonly from: number;
  readonly to: number;
  isUsed: boolean;
};

const COMMENT = /(?:^|\s)(# ?lint-ignore\b)[ \t]*([\w,-]*)[ \t]*(.*)$/;

/** The comments of one file. */
export class Ignores {
  readonly #ignores: readonly Ignore[];

  constructor(text: string) {
    const lines = text.split(/\r?\n/);
    this.#ignores = lines.flatMap((line, index) => ignoreIn(line, index, lines));
  }

  /** Whether a comment takes back what a rule found on a line. */
  covers(rule: string, line: number): boolean {
    const found = this.#ignores.filter(
      (one) => one.rules.includes(rule) && line >= one.from && line <= one.to && one.reason !== "",
    );
    for (const one of found) one.isUsed = true;
    return found.length > 0;
  }

  /** What is wrong with the comments themselves; to be asked when all findings were looked up. */
  faults(known: readonly string[], off: readonly string[]): readonly Spot[] {
    return this.#ignores.flatMap((one) => {
      const what = faultOf(one, known, off);
      return what === undefined ? [] : [{ line: one.line, column: one.column, what }];
    });
  }
}

function ignoreIn(text: string, index: number, lines: readonly string[]): readonly Ignore[] {
  const match = COMMENT.exec(text);
  if (match === null) return [];
  const [, mark = "", rules = "", reason = ""] = match;
  const line = index + 1;
  const isAlone = /^\s*#/.test(text);
  let next = index + 1;
  while (isAlone && /^\s*(#|$)/.test(lines[next] ?? "x")) next += 1;
  return [
    {
      line,
      column: text.indexOf(mark) + 1,
      rules: rules.split(",").filter((rule) => rule !== ""),
      reason: reason.trim(),
      from: line,
      to: isAlone ? next + 1 : line,
      isUsed: false,
    },
  ];
}

function faultOf(
  { rules, reason, isUsed }: Ignore,
  known: readonly string[],
  off: readonly string[],
): string | undefined {
  const unknown = rules.find((rule) => !known.includes(rule));
  if (unknown !== undefined)
    return `lint-ignore names the unknown rule ${JSON.stringify(unknown)}: ${adviceFor(unknown, known)}`;
  if (rules.length === 0) return "lint-ignore names no rule";
  if (reason === "")
    return `lint-ignore ${rules.join(",")} gives no reason, and takes nothing back`;
  if (isUsed || rules.every((rule) => off.includes(rule))) return undefined;
  return `lint-ignore ${rules.join(",")} takes nothing back`;
}
