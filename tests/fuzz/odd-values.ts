/** Values that programs trip over: of every type, of every size, and names that JavaScript knows. */
import type { Random } from "../sim/random.ts";

/** Names of keys that no format of ours has, but every object of JavaScript. */
export const ODD_KEYS = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "then",
  "",
  " ",
  "a b",
  "0",
  "-1",
  "ключ",
  "a.b",
  "${vars.x}",
  "x".repeat(5_000),
  "\u0000",
  "\u2028",
] as const;

const TEXTS = [
  "",
  " ",
  "\u0000",
  "\u2028\u2029",
  "\ud800",
  "😀".repeat(50),
  "\u202e\u200b",
  "../../../../etc/passwd",
  "..\\..\\x",
  "C:\\con",
  "/dev/zero",
  "a\nb\rc",
  "x".repeat(10_000),
  "true",
  "null",
  "1e400",
  "-0",
  "0x1f",
  "1_000",
  "12:30:45",
  "2026-01-01",
  "NaN",
  "</script><!--",
  "'; drop table runs; --",
  "\u001b[31m",
] as const;

const TEMPLATES = [
  "${vars.x}",
  "${vars}",
  "${",
  "${}",
  "${vars.x",
  "${vars.x ?? 'y'}",
  '${env.HOME ?? "${vars.x}"}',
  "${env.NOT_THERE}",
  "${data.x}${matrix.y}",
  "${saved.a.b.c}",
  "${secrets.P}",
  "${secrets.NONE}",
  "$${vars.x}",
  "$".repeat(300),
  "$$${'$'}${run.id}",
  "${'a\\'b'}",
  "${vars.__proto__}",
  "${vars.constructor.name}",
  `\${vars.a${" ".repeat(300)}`,
  `\${vars.${"a.".repeat(200)}a}`,
  "${nosuch.scope}",
  "${attempt.number}${run.id}",
] as const;

const PATTERNS = [
  "(a+)+$",
  "^(?:a?){50}a{50}$",
  "(",
  "/a/gg",
  "[",
  "(?<=a)b",
  "\\1(a)",
  "(?<n>a)\\k<n>",
  ".*".repeat(200),
  "a{99999}",
  "\\p{L}",
  "/\\p{L}/v",
] as const;

const NUMBERS = [
  0,
  -0,
  -1,
  1,
  0.1,
  1e-320,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  2 ** 53 + 2,
  1e21,
  1e308,
  -1e308,
  99,
  100,
  101,
  1_000_000,
] as const;

/** A text, a number, a word of the format, a tree: anything. */
export function oddValue(random: Random, depth = 0): unknown {
  const kind = random.int(0, depth > 3 ? 6 : 9);
  switch (kind) {
    case 0:
      return random.pick(TEXTS);
    case 1:
      return random.pick(TEMPLATES);
    case 2:
      return random.pick(PATTERNS);
    case 3:
      return random.pick(NUMBERS);
    case 4:
      return random.chance(0.5);
    case 5:
      return null;
    case 6:
      return `${random.int(0, 99)}${random.pick(["ms", "s", "m", "h", "", "%", "px"])}`;
    case 7:
      return Array.from({ length: random.int(0, 4) }, () => oddValue(random, depth + 1));
    case 8:
      return deepValue(random.int(5, 90), random.chance(0.5));
    default:
      return Object.fromEntries(
        Array.from({ length: random.int(0, 4) }, () => [
          random.chance(0.5)
            ? random.pick(ODD_KEYS)
            : random.pick(["name", "steps", "equals", "x"]),
          oddValue(random, depth + 1),
        ]),
      );
  }
}

function deepValue(depth: number, isList: boolean): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = isList ? [value] : { a: value };
  return value;
}
