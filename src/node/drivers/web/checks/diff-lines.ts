/** What two texts differ in, line by line, as people know it from version control. Pure. */

/** Longer texts are compared by their first lines. */
const LINES_MAX = 400;
const SHOWN_MAX = 80;

/** Lines of `expected` that are missing begin with `- `, those that are there instead with `+ `. */
export function diffLines(expected: string, actual: string): string {
  const [before, after] = [expected, actual].map((text) =>
    text.split("\n").slice(0, LINES_MAX),
  ) as [string[], string[]];
  const lines = walk(before, after, commonLengths(before, after));
  const more = lines.length - SHOWN_MAX;
  return [...lines.slice(0, SHOWN_MAX), ...(more > 0 ? [`… ${more} more lines`] : [])].join("\n");
}

/** At `[i][j]`: how many lines the rests from there on have in common. */
function commonLengths(before: readonly string[], after: readonly string[]): number[][] {
  const table = Array.from({ length: before.length + 1 }, () =>
    new Array<number>(after.length + 1).fill(0),
  );
  for (let i = before.length - 1; i >= 0; i -= 1)
    for (let j = after.length - 1; j >= 0; j -= 1) {
      const row = table[i] ?? [];
      row[j] =
        before[i] === after[j]
          ? (table[i + 1]?.[j + 1] ?? 0) + 1
          : Math.max(table[i + 1]?.[j] ?? 0, row[j + 1] ?? 0);
    }
  return table;
}

function walk(
  before: readonly string[],
  after: readonly string[],
  table: readonly (readonly number[])[],
): string[] {
  const lines: string[] = [];
  let [i, j] = [0, 0];
  const common = (row: number, column: number) => table[row]?.[column] ?? 0;
  while (i < before.length && j < after.length) {
    if (before[i] === after[j]) {
      lines.push(`  ${before[i]}`);
      i += 1;
      j += 1;
    } else if (common(i + 1, j) >= common(i, j + 1)) {
      lines.push(`- ${before[i]}`);
      i += 1;
    } else {
      lines.push(`+ ${after[j]}`);
      j += 1;
    }
  }
  const gone = before.slice(i).map((line) => `- ${line}`);
  return [...lines, ...gone, ...after.slice(j).map((line) => `+ ${line}`)];
}
