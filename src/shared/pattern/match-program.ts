/**
 * Turns a pattern's tree into the program that `match-text.ts` runs.
 *
 * Each character is tried by the runtime's own expressions, and remembered: classes, letter case and `.` mean exactly
 * what they mean there.
 */
import type { Edge, PatternTree } from "./parse-pattern.ts";

export type Instruction =
  | { readonly op: "character"; readonly fits: (code: number) => boolean }
  /** Goes on at both. */
  | { readonly op: "fork"; a: number; b: number }
  | { readonly op: "jump"; to: number }
  | { readonly op: "edge"; readonly edge: Edge }
  | { readonly op: "look"; readonly isNegative: boolean; readonly program: Program }
  | { readonly op: "match" };

/** One direction through the text; `isBehind` walks from its end to its start. */
export type Program = {
  readonly code: readonly Instruction[];
  readonly isBehind: boolean;
  /** Whether a character can begin a match; undefined when a match may begin otherwise, too. */
  readonly begins: ((code: number) => boolean) | undefined;
};

/** Larger programs are not made: counted repetitions are written out. */
const INSTRUCTIONS_MAX = 5_000;

const FIRST_PLANE = 0x1_0000;
const YES = 1;
const NO = 2;

class TooLarge extends Error {}

/** Makes the program of a pattern; undefined when it would be too large. */
export function compileProgram(tree: PatternTree, pattern: RegExp): Program | undefined {
  try {
    return compile(tree, { pattern, isBehind: false, size: { count: 0 }, fitters: new Map() });
  } catch (thrown) {
    if (thrown instanceof TooLarge) return undefined;
    throw thrown;
  }
}

type Fits = (code: number) => boolean;

type Compiling = {
  readonly pattern: RegExp;
  readonly isBehind: boolean;
  readonly size: { count: number };
  /** By the character's text: a counted repetition is the same character many times. */
  readonly fitters: Map<string, Fits>;
};

function compile(tree: PatternTree, compiling: Compiling): Program {
  const code: Instruction[] = [];
  emit(tree, code, compiling);
  code.push({ op: "match" });
  return { code, isBehind: compiling.isBehind, begins: beginnerOf(code) };
}

function beginnerOf(code: readonly Instruction[]): Program["begins"] {
  const seen = new Set<number>();
  const open = [0];
  const first: ((unit: number) => boolean)[] = [];
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    if (seen.has(index)) continue;
    seen.add(index);
    const instruction = code[index];
    if (instruction?.op === "character") first.push(instruction.fits);
    else if (instruction?.op === "fork") open.push(instruction.a, instruction.b);
    else if (instruction?.op === "jump") open.push(instruction.to);
    else return undefined;
  }
  return rememberCodes((unit) => first.some((fits) => fits(unit)));
}

function emit(tree: PatternTree, code: Instruction[], compiling: Compiling): void {
  compiling.size.count += 1;
  if (compiling.size.count > INSTRUCTIONS_MAX) throw new TooLarge();
  switch (tree.kind) {
    case "character":
      code.push({ op: "character", fits: fitterOf(tree.source, compiling) });
      return;
    case "sequence":
      for (const part of compiling.isBehind ? tree.parts.toReversed() : tree.parts)
        emit(part, code, compiling);
      return;
    case "choice":
      return emitChoice(tree.options, code, compiling);
    case "repeat":
      return emitRepeat(tree, code, compiling);
    case "look": {
      const { isNegative, isBehind } = tree;
      code.push({
        op: "look",
        isNegative,
        program: compile(tree.part, { ...compiling, isBehind }),
      });
      return;
    }
    default:
      code.push({ op: "edge", edge: tree.edge });
  }
}

function emitChoice(
  options: readonly PatternTree[],
  code: Instruction[],
  compiling: Compiling,
): void {
  const ends: { to: number }[] = [];
  options.forEach((option, index) => {
    const isLast = index === options.length - 1;
    const fork = { op: "fork" as const, a: code.length + 1, b: 0 };
    if (!isLast) code.push(fork);
    emit(option, code, compiling);
    if (isLast) return;
    const end = { op: "jump" as const, to: 0 };
    code.push(end);
    ends.push(end);
    fork.b = code.length;
  });
  for (const end of ends) end.to = code.length;
}

type Repeat = Extract<PatternTree, { kind: "repeat" }>;

function emitRepeat({ part, min, max }: Repeat, code: Instruction[], compiling: Compiling): void {
  for (let count = 0; count < min; count += 1) emit(part, code, compiling);
  if (max === Infinity) {
    const fork = { op: "fork" as const, a: code.length + 1, b: 0 };
    const start = code.push(fork) - 1;
    emit(part, code, compiling);
    code.push({ op: "jump", to: start });
    fork.b = code.length;
    return;
  }
  const forks: { b: number }[] = [];
  for (let count = min; count < max; count += 1) {
    const fork = { op: "fork" as const, a: code.length + 1, b: 0 };
    code.push(fork);
    forks.push(fork);
    emit(part, code, compiling);
  }
  for (const fork of forks) fork.b = code.length;
}

/** Asks the runtime once a character. */
function fitterOf(source: string, { pattern, fitters }: Compiling): Fits {
  const known = fitters.get(source);
  if (known !== undefined) return known;
  const own = new RegExp(`^(?:${source})$`, pattern.flags.replaceAll(/[gmyd]/g, ""));
  const fits = rememberCodes((code) =>
    own.test(pattern.unicode ? String.fromCodePoint(code) : String.fromCharCode(code)),
  );
  fitters.set(source, fits);
  return fits;
}

/** Remembers the answer for each code of the first plane: 64 KiB a function, made when it is first asked. */
function rememberCodes(ask: (code: number) => boolean): (code: number) => boolean {
  let known: Uint8Array | undefined;
  return (code) => {
    known ??= new Uint8Array(FIRST_PLANE);
    const before = known[code];
    if (before === YES || before === NO) return before === YES;
    const isFitting = ask(code);
    if (code < FIRST_PLANE) known[code] = isFitting ? YES : NO;
    return isFitting;
  };
}
