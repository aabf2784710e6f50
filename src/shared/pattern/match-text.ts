/**
 * Matches a text by all ways of a pattern at once (Thompson, 1968): time is the text's length times the pattern's size,
 * whatever the two are. Answers only whether there is a match, so groups and greed do not matter.
 */
import type { Instruction, Program } from "./match-program.ts";
import type { Edge } from "./parse-pattern.ts";

/** What matches may still cost; shared by those that are counted together. */
export type StepBudget = { stepsLeft: number };

/** Characters that cannot begin a match cost about this much less than those that can. */
const SKIPPED_PER_STEP = 8;

class OutOfSteps extends Error {}

export type Matching = {
  readonly text: string;
  readonly pattern: RegExp;
  readonly budget: StepBudget;
};

/** Whether the text holds a match; undefined when the budget was used up before that was known. */
export function testProgram(program: Program, matching: Matching): boolean | undefined {
  try {
    return runFrom(program, { matching, start: 0, isSearching: true });
  } catch (thrown) {
    if (thrown instanceof OutOfSteps) return undefined;
    throw thrown;
  }
}

type Search = {
  readonly matching: Matching;
  readonly start: number;
  /** A match may begin anywhere; else only at `start`. */
  readonly isSearching: boolean;
};

function runFrom(program: Program, search: Search): boolean {
  const { matching, start, isSearching } = search;
  let threads = new Threads(program, matching);
  let next = new Threads(program, matching);
  for (let at = start; ; ) {
    if (isSearching && threads.isEmpty()) at = skip(program, at, matching);
    if ((isSearching || at === start) && threads.add(0, at)) return true;
    if (threads.isEmpty() && !isSearching) return false;
    const read = readCode(matching, at, program.isBehind);
    if (read === undefined) return false;
    if (threads.step(read.code, next, read.after)) return true;
    [threads, next] = [next, threads];
    next.clear();
    at = read.after;
  }
}

/** The next place where a match can begin. */
function skip({ begins }: Program, at: number, { text, pattern, budget }: Matching): number {
  // Code points are two units of text at times: only units are skipped.
  if (begins === undefined || pattern.unicode) return at;
  let next = at;
  while (next < text.length && !begins(text.charCodeAt(next))) next += 1;
  spend(budget, (next - at) / SKIPPED_PER_STEP);
  return next;
}

/** The places of a program that are reached at one place of the text. */
class Threads {
  readonly #program: Program;
  readonly #matching: Matching;
  readonly #reached: Uint32Array;
  #mark = 1;
  #waiting: number[] = [];

  constructor(program: Program, matching: Matching) {
    this.#program = program;
    this.#matching = matching;
    this.#reached = new Uint32Array(program.code.length);
  }

  isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  clear(): void {
    this.#mark += 1;
    this.#waiting = [];
  }

  /** Adds a place and all that are reached from it without a character; true when that is the match. */
  add(place: number, at: number): boolean {
    const open = [place];
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      if (this.#reached[index] === this.#mark) continue;
      this.#reached[index] = this.#mark;
      spend(this.#matching.budget);
      const instruction = this.#program.code[index];
      if (instruction === undefined) continue;
      if (instruction.op === "match") return true;
      if (instruction.op === "character") this.#waiting.push(index);
      else if (instruction.op === "jump") open.push(instruction.to);
      else if (instruction.op === "fork") open.push(instruction.b, instruction.a);
      else if (this.#holds(instruction, at)) open.push(index + 1);
    }
    return false;
  }

  /** Reads one character; true when that completes a match. */
  step(code: number, next: Threads, after: number): boolean {
    for (const index of this.#waiting) {
      const instruction = this.#program.code[index];
      if (instruction?.op === "character" && instruction.fits(code) && next.add(index + 1, after))
        return true;
    }
    return false;
  }

  #holds(instruction: Extract<Instruction, { op: "edge" | "look" }>, at: number): boolean {
    if (instruction.op === "edge") return isAtEdge(instruction.edge, at, this.#matching);
    const isFound = runFrom(instruction.program, {
      matching: this.#matching,
      start: at,
      isSearching: false,
    });
    return isFound !== instruction.isNegative;
  }
}

function spend(budget: StepBudget, steps = 1): void {
  budget.stepsLeft -= steps;
  if (budget.stepsLeft < 0) throw new OutOfSteps();
}

const LINE_END = /[\n\r\u2028\u2029]/;

function isAtEdge(edge: Edge, at: number, { text, pattern }: Matching): boolean {
  if (edge === "start")
    return at === 0 || (pattern.multiline && LINE_END.test(text.charAt(at - 1)));
  if (edge === "end")
    return at === text.length || (pattern.multiline && LINE_END.test(text.charAt(at)));
  const word = pattern.ignoreCase && pattern.unicode ? /\w/iu : /\w/;
  const isBoundary = word.test(text.charAt(at - 1)) !== word.test(text.charAt(at));
  return isBoundary === (edge === "word");
}

type ReadCode = { readonly code: number; readonly after: number };

/** The character beside a place, and the place on its other side; undefined where the text ends. */
function readCode(
  { text, pattern }: Matching,
  at: number,
  isBehind: boolean,
): ReadCode | undefined {
  if (at === (isBehind ? 0 : text.length)) return undefined;
  if (!pattern.unicode)
    return isBehind
      ? { code: text.charCodeAt(at - 1), after: at - 1 }
      : { code: text.charCodeAt(at), after: at + 1 };
  if (isBehind) {
    const isPair = at >= 2 && (text.codePointAt(at - 2) ?? 0) > 0xffff;
    const before = at - (isPair ? 2 : 1);
    return { code: text.codePointAt(before) ?? 0, after: before };
  }
  const code = text.codePointAt(at) ?? 0;
  return { code, after: at + (code > 0xffff ? 2 : 1) };
}
