/**
 * How the format writes regular expressions: `a.b`, or `/a.b/i` with flags. Checked at load, used on the node: one reading
 * for both. And how they are matched, which no pattern of a stranger may freeze.
 *
 * The runtime tries one way after the other, so `(a+)+b` costs 2^n; JavaScriptCore gives up after a million tries and
 * says "no match" (Bun 1.4.5: `^(?:(a+)+|.*)$` does not match 40 a and a b), which would be a lie in a report. So only
 * what is cheap for certain goes to the runtime; all else is matched by `testProgram`, in linear time.
 * Refused: a list of patterns that look dangerous (it refuses good ones), a thread with a bound (a stuck expression
 * outlives its thread, measured), a process for each (40 ms each, and the lie stays).
 */
import { messageOf } from "../errors.ts";
import { compileProgram, type Program } from "./match-program.ts";
import { type StepBudget, testProgram } from "./match-text.ts";
import { type PatternTree, parsePatternTree } from "./parse-pattern.ts";

/** Whether a text holds a match; `undecided`: nobody can say without trying for too long. */
export type PatternAnswer = boolean | "undecided";

/** A pattern that can be tried on any text, in bounded time. */
export type TextPattern = {
  /** @param budget Default: 20 million steps (0.45 s on two cores, 2026-11) for this text alone. */
  readonly test: (text: string, budget?: StepBudget) => PatternAnswer;
};

/** Beyond this many tries in the worst case the runtime is not asked; JavaScriptCore gives up at a million. */
const CERTAIN_TRIES_MAX = 500_000;
const STEPS_MAX = 20_000_000;
/** Of a text that the runtime may try a repeated group with references on. */
const NESTED_LENGTH_MAX = 12;
const REMEMBERED_MAX = 500;

const remembered = new Map<string, TextPattern | string>();

/**
 * Reads a pattern; `g` and `y` are dropped, since they keep a place between uses.
 *
 * @returns A sentence when the text is no regular expression.
 */
export function parsePattern(text: string): TextPattern | string {
  const known = remembered.get(text);
  if (known !== undefined) return known;
  const parsed = readPattern(text);
  if (remembered.size >= REMEMBERED_MAX) remembered.clear();
  remembered.set(text, parsed);
  return parsed;
}

function readPattern(text: string): TextPattern | string {
  const literal = /^\/(.+)\/([dgimsuvy]*)$/s.exec(text);
  try {
    return toTextPattern(new RegExp(literal?.[1] ?? text, literal?.[2] ?? ""));
  } catch (thrown) {
    return messageOf(thrown);
  }
}

/** The same for an expression that the runtime has read. */
export function toTextPattern(written: RegExp): TextPattern {
  const pattern = new RegExp(written.source, written.flags.replaceAll(/[gy]/g, ""));
  const tree = parsePatternTree(pattern);
  let program: Program | undefined;
  return {
    test: (text, budget = { stepsLeft: STEPS_MAX }) => {
      if (tree === undefined) return isPlain(pattern, text) ? pattern.test(text) : "undecided";
      const tries = (text.length + 1) * (text.length + 1) * waysOf(tree, text.length);
      if (tries <= CERTAIN_TRIES_MAX) {
        budget.stepsLeft -= text.length;
        return budget.stepsLeft < 0 ? "undecided" : pattern.test(text);
      }
      program ??= compileProgram(tree, pattern);
      if (program === undefined) return "undecided";
      return testProgram(program, { text, pattern, budget }) ?? "undecided";
    },
  };
}

/** What cannot be read as a tree goes to the runtime only where it cannot take long. */
function isPlain({ source }: RegExp, text: string): boolean {
  if (/\)(?:[*+]|\{)/.test(source)) return text.length <= NESTED_LENGTH_MAX;
  const repeats = source.match(/(?:[*+?]|\{\d+(?:,\d*)?\})\??/g)?.length ?? 0;
  const choices = source.match(/\|/g)?.length ?? 0;
  return (text.length + 1) ** (repeats + 1) * 2 ** choices <= CERTAIN_TRIES_MAX;
}

/** At least as many as there are ways to try a pattern from one place of a text; a repetition of repetitions has too many to count. */
function waysOf(tree: PatternTree, length: number): number {
  switch (tree.kind) {
    case "sequence":
      return tree.parts.reduce((ways, part) => ways * waysOf(part, length), 1);
    case "choice":
      return tree.options.reduce((ways, option) => ways + waysOf(option, length), 0);
    case "look":
      return waysOf(tree.part, length) * (length + 1);
    case "repeat": {
      const inner = waysOf(tree.part, length);
      const times = Math.min(tree.max, length + 1);
      return inner === 1 ? times - Math.min(tree.min, times) + 1 : (inner + 1) ** times;
    }
    default:
      return 1;
  }
}
