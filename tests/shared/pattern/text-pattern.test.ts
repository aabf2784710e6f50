import fc from "fast-check";
import { expect, test } from "vitest";
import { compileProgram } from "#shared/pattern/match-program.ts";
import { testProgram } from "#shared/pattern/match-text.ts";
import { parsePatternTree } from "#shared/pattern/parse-pattern.ts";
import { parsePattern, toTextPattern } from "#shared/pattern/text-pattern.ts";

const PLENTY = 10_000_000;

/** Only the linear matcher; undefined when it does not take the pattern. */
function byProgram(pattern: RegExp, text: string): boolean | undefined {
  const tree = parsePatternTree(pattern);
  if (tree === undefined) return undefined;
  const program = compileProgram(tree, pattern);
  return program && testProgram(program, { text, pattern, budget: { stepsLeft: PLENTY } });
}

const atom = fc.constantFrom(
  ..."a b c . \\d \\w \\s \\W [ab] [^a] [a-c] [\\]x-] \\. \\x61 \\u0062 é É ß ſ \u212a \\n ^ $ \\b \\B 😀 , - \\/ _ 1".split(
    " ",
  ),
);
const quantifier = fc.constantFrom(
  "",
  "",
  "",
  "*",
  "+",
  "?",
  "*?",
  "+?",
  "{2}",
  "{0,2}",
  "{1,}",
  "{0}",
);
const { pattern: anyPattern } = fc.letrec<{ pattern: string; part: string }>((tie) => ({
  part: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    atom,
    fc
      .tuple(fc.constantFrom("(", "(?:", "(?<n>", "(?=", "(?!", "(?<=", "(?<!"), tie("pattern"))
      .map(([open, inner]) => `${open}${inner})`),
  ),
  pattern: fc
    .array(fc.tuple(tie("part"), quantifier), { maxLength: 4 })
    .chain((parts) =>
      fc.constantFrom("", "|").map((mark) => parts.map(([part, times]) => part + times).join(mark)),
    ),
}));
const text = fc
  .array(
    fc.constantFrom(..."a b c A é É ß S 1 , - _ \n . x 😀 \ud83d k \u212a ſ s".split(" "), " "),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(""));
const flags = fc.constantFrom("", "i", "m", "s", "u", "iu", "ims", "su");

function compiled(source: string, flagText: string): RegExp | undefined {
  try {
    return new RegExp(source, flagText);
  } catch {
    return undefined; // Not every text is one.
  }
}

test("testProgram() answers as the runtime does, for any pattern and text", () => {
  let asked = 0;
  fc.assert(
    fc.property(anyPattern, flags, text, (source, flagText, subject) => {
      const pattern = compiled(source, flagText);
      const answer = pattern && byProgram(pattern, subject);
      if (pattern === undefined || answer === undefined) return;
      asked += 1;
      expect(answer, `/${source}/${flagText} on ${JSON.stringify(subject)}`).toBe(
        pattern.test(subject),
      );
    }),
    { numRuns: 3_000 },
  );
  expect(asked).toBeGreaterThan(1_000);
});

test("toTextPattern() answers as the runtime does where that takes no time", () => {
  fc.assert(
    fc.property(anyPattern, flags, text, (source, flagText, subject) => {
      const pattern = compiled(source, flagText);
      const answer = pattern && toTextPattern(pattern).test(subject);
      if (pattern !== undefined && answer !== "undecided")
        expect(answer).toBe(pattern.test(subject));
    }),
    { numRuns: 1_000 },
  );
});

const A = (count: number) => "a".repeat(count);

/** A runtime that tries one way after the other needs longer than the universe for most of these. */
test.each<[pattern: string, subject: string, answer: boolean | "undecided"]>([
  ["^(a+)+$", `${A(5_000)}b`, false],
  ["^(a+)+$", A(5_000), true],
  // JavaScriptCore gives up here and says no.
  ["^(?:(a+)+|.*)$", `${A(40)}b`, true],
  ["^(a|aa)+$", `${A(2_000)}b`, false],
  ["a*a*a*a*a*a*a*a*b", A(3_000), false],
  ["^(?:a?){50}a{50}$", A(50), true],
  ["(x+x+)+y", "x".repeat(3_000), false],
  ["^(([a-z])+.)+[A-Z]([a-z])+$", A(3_000), false],
  ["(?=(a+)+b)a", A(500), false],
  ["(?<=^(a+)+)b", `${A(500)}b`, true],
  ["/(É|é)+!/iu", "é".repeat(2_000), false],
  ["[. ]+$", `${".".repeat(100_000)}x`, false],
  ["(.*)*\\1z", A(60), "undecided"],
  ["(['\"]).*?\\1", `say 'x' ${A(60)}`, true],
  ["(?:(?:a{900}){900}){900}", A(3_000), "undecided"],
  ["a*a*a*a*b", A(5_000_000), "undecided"],
])("%s is answered at once, and rightly or not at all", (written, subject, answer) => {
  const pattern = parsePattern(written);
  if (typeof pattern === "string") throw new Error(pattern);
  expect(pattern.test(subject)).toBe(answer);
});

test("parsePattern() reads flags, drops those that keep a place, and says what is no expression", () => {
  const pattern = parsePattern("/A.b/gis");
  if (typeof pattern === "string") throw new Error(pattern);
  expect([pattern.test("xa\nB"), pattern.test("xa\nB"), pattern.test("ab")]).toEqual([
    true,
    true,
    false,
  ]);
  expect(parsePattern("(")).toMatch(/regular expression/i);
});
