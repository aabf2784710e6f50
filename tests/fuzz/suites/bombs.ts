/** Suites that are small and would become large: nesting, aliases, matrices, names that double. */
import type { Random } from "../../sim/random.ts";

const lines = (...text: readonly string[]): string => `${text.join("\n")}\n`;
const TEST =
  "  - name: t\n    platform: http\n    steps: [{ request: { get: http://127.0.0.1:1/ } }]";
const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

/** Each takes a size and gives a suite's text. */
export const BOMBS: Readonly<Record<string, (size: number) => string>> = {
  "lists in lists": (size) => lines("tests:", `  - ${"[".repeat(size)}`),
  "closed lists in lists": (size) => lines(`tests: ${"[".repeat(size)}${"]".repeat(size)}`),
  "mappings in mappings": (size) => lines(`tests: ${"{a: ".repeat(size)}1${"}".repeat(size)}`),
  "indented mappings": (size) =>
    lines(...times(Math.min(size, 1_300), (i) => `${" ".repeat(i)}a:`)),
  "dashes in dashes": (size) => lines("tests:", `  ${"- ".repeat(size)}x`),
  "keys of keys": (size) => lines(`${"? ".repeat(size)}x`),
  "brackets of JSON": (size) => `{"tests":${'[{"steps":'.repeat(size)}1${"}]".repeat(size)}}`,
  "a billion laughs": (size) =>
    lines(
      "vars:",
      "  a0: &a0 [x, x, x, x, x, x, x, x, x, x]",
      ...times(
        Math.min(size, 40),
        (i) => `  a${i + 1}: &a${i + 1} [${times(10, () => `*a${i}`).join(", ")}]`,
      ),
      "tests:",
      TEST,
    ),
  "merged laughs": (size) =>
    lines(
      "vars:",
      "  a0: &a0 { k: v }",
      ...times(
        Math.min(size, 60),
        (i) => `  a${i + 1}: &a${i + 1} { <<: [*a${i}, *a${i}], k${i}: *a${i} }`,
      ),
      "tests:",
      TEST,
    ),
  "an alias inside its anchor": () => lines("tests: &a [*a]"),
  "texts that double": (size) =>
    lines(
      "vars:",
      "  v0: xxxxxxxxxx",
      ...times(Math.min(size, 60), (i) => `  v${i + 1}: "\${vars.v${i}}\${vars.v${i}}"`),
      "tests:",
      TEST,
    ),
  "lists that double": (size) =>
    lines(
      "vars:",
      "  v0: [x]",
      ...times(Math.min(size, 60), (i) => `  v${i + 1}: ["\${vars.v${i}}", "\${vars.v${i}}"]`),
      "tests:",
      TEST,
    ),
  "a long text in every step": (size) =>
    lines(
      `vars: { long: ${"x".repeat(Math.min(size * 50, 200_000))} }`,
      "tests:",
      "  - name: t",
      "    platform: http",
      `    matrix: { n: [${times(50, String).join(", ")}] }`,
      "    steps:",
      ...times(
        Math.min(size, 500),
        () => "      - request: { post: http://127.0.0.1:1/, text: '${vars.long} ${matrix.n}' }",
      ),
    ),
  "a matrix of many names": (size) =>
    lines(
      `matrix: { ${times(Math.min(size, 200), (i) => `n${i}: [1, 2, 3, 4, 5, 6, 7, 8, 9]`).join(", ")} }`,
      "tests:",
      TEST,
    ),
  "a matrix of names of one value": (size) =>
    lines(`matrix: { ${times(size, (i) => `n${i}: [1]`).join(", ")} }`, "tests:", TEST),
  "rows times values": (size) =>
    lines(
      "tests:",
      TEST,
      `    data: [${times(Math.min(size, 2_000), (i) => `{ id: ${i} }`).join(", ")}]`,
      `    matrix: { a: [${times(Math.min(size, 2_000), String).join(", ")}] }`,
    ),
  "many vars": (size) =>
    lines("vars:", ...times(size, (i) => `  v${i}: "\${vars.v${i - 1}}"`), "tests:", TEST),
  "many unknown names": (size) =>
    lines(
      "vars:",
      ...times(size, (i) => `  v${i}: 1`),
      "tests:",
      "  - name: t",
      "    platform: http",
      "    steps:",
      ...times(size, (i) => `      - request: { get: "http://127.0.0.1/\${vars.w${i}}" }`),
    ),
  "many unknown keys": (size) => lines("tests:", TEST, ...times(size, (i) => `key${i}: 1`)),
  "many equal keys": (size) => lines("tests:", TEST, ...times(size, () => "name: x")),
  "many tests": (size) =>
    lines("tests:", ...times(size, (i) => `  - { name: t${i}, platform: http, steps: [] }`)),
  "many equal tests": (size) =>
    lines("tests:", ...times(size, () => "  - { name: t, platform: http, steps: [] }")),
  "many wrong tests": (size) =>
    lines("tests:", ...times(size, (i) => `  - { nam: t${i}, stpes: [] }`)),
  "many steps": (size) =>
    lines("tests:", "  - name: t", "    steps:", ...times(size, () => "      - back: true")),
  "many items": (size) =>
    lines("tests:", "  - name: t", "    steps:", ...times(size, () => "      - 1")),
  "an open name": (size) =>
    lines("tests:", `  - { name: "\${vars.a${" ".repeat(size)}x", steps: [] }`),
  "many open names": (size) =>
    lines("tests:", `  - { name: "${"${a.b".repeat(size)}", steps: [] }`),
  dollars: (size) => lines("tests:", `  - { name: "${"$".repeat(size)}\${run.id}", steps: [] }`),
  "a long name": (size) => lines("tests:", `  - { name: "${"x ".repeat(size)}", steps: [] }`),
  "a slow pattern": (size) =>
    lines(
      "tests:",
      "  - name: t",
      "    platform: http",
      `    steps: [{ expect: { that: "${"a".repeat(Math.min(size, 5_000))}", matches: "^(a+)+$" } }]`,
    ),
  "a pattern of groups": (size) =>
    lines(
      "tests:",
      `  - { name: t, steps: [{ expect: { title: { matches: "${"(".repeat(size)}a${")*".repeat(size)}" } } }] }`,
    ),
  "a path of filters": (size) =>
    lines(
      "tests:",
      "  - name: t",
      "    platform: http",
      `    steps: [{ expect: { json: { path: "$${"[?@".repeat(size)}", equals: 1 } } }]`,
    ),
  "matchers in matchers": (size) =>
    lines(
      "tests:",
      `  - { name: t, steps: [{ expect: { title: ${"{ not: ".repeat(Math.min(size, 50))}x${" }".repeat(Math.min(size, 50))} } }] }`,
    ),
  "blank lines": (size) => `${"\n".repeat(size)}tests: []\n`,
  "carriage returns": (size) => `${"\r".repeat(size)}tests: []\r`,
  comments: (size) => `${"# x\n".repeat(size)}tests: []\n`,
  "a text without an end": (size) => `name: "${"x\n".repeat(size)}`,
};

const SIZES = [3, 3, 10, 10, 60, 65, 100, 100, 1_000, 1_000, 4_000];

/** A bomb of a size that mostly fits in a suite. */
export function bombText(random: Random): string {
  const bomb = BOMBS[random.pick(Object.keys(BOMBS))];
  return bomb === undefined ? "" : bomb(random.pick(SIZES));
}
