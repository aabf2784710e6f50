/** The report that a page holds: unpacked once, searched by texts that are made when first needed. */
import type { PackedReport } from "../../packed/packed.ts";
import { unpackTests } from "../../packed/unpack.ts";
import { layTimeline, type Timeline } from "./lanes.ts";
import { rowOf, searchTextOf, type TestRow } from "./rows.ts";

export type Book = {
  readonly packed: PackedReport;
  readonly rows: readonly TestRow[];
  readonly rowByKey: ReadonlyMap<string, TestRow>;
  readonly tags: readonly string[];
  readonly nodes: readonly string[];
  readonly searchText: (row: TestRow) => string;
  readonly timeline: () => Timeline;
};

/** Opens a packed report. */
export function openBook(packed: PackedReport): Book {
  const rows = unpackTests(packed).map(rowOf);
  const texts: string[] = [];
  let timeline: Timeline | undefined;
  return {
    packed,
    rows,
    rowByKey: new Map(rows.map((row) => [row.test.key, row])),
    tags: sorted(rows.flatMap(({ test }) => test.tags)),
    nodes: sorted([...packed.nodes.map(({ name }) => name), ...rows.flatMap(({ nodes }) => nodes)]),
    searchText: (row) => (texts[row.test.index] ??= searchTextOf(row)),
    timeline: () => (timeline ??= layTimeline(rows, packed.nodes, packed.run.durationMs)),
  };
}

function sorted(names: readonly string[]): readonly string[] {
  return [...new Set(names)].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}
