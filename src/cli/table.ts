/** P: rows as aligned columns for people. */

/** Pads every column but the last; rows may differ in length. */
export function tableText(rows: readonly (readonly string[])[]): string {
  const columnCount = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columnCount }, (_, index) =>
    Math.max(...rows.map((row) => row[index]?.length ?? 0)),
  );
  const pad = (row: readonly string[]) =>
    row.map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index] ?? 0)));
  return rows.map((row) => pad(row).join("  ")).join("\n");
}
