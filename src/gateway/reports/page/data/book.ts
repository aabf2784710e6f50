/** The report that a page holds: unpacked once, searched by texts that are made when first needed. */
import type { PackedReport } from "../../packed/packed.ts";
import { unpackTests } from "../../packed/unpack.ts";
import { layTimeline, type Timeline } from "./lanes.ts";
import { rowOf, searchTextOf, type TestRow } from "./rows.ts";

/** So much of an error's first line tells it from others. */
const ALIKE_LENGTH_MAX = 160;

export type Book = {
  readonly packed: PackedReport;
  readonly rows: readonly TestRow[];
  readonly rowByKey: ReadonlyMap<string, TestRow>;
  readonly tags: readonly string[];
  readonly nodes: readonly string[];
  readonly searchText: (row: TestRow) => string;
  readonly timeline: () => Timeline;
  /** The text by which tests with the error of a row are found, and how many they are. */
  readonly alike: (row: TestRow) => Alike | undefined;
};

export type Alike = { readonly text: string; readonly count: number };

/** Opens a packed report. */
export function openBook(packed: PackedReport): Book {
  const rows = unpackTests(packed).map(rowOf);
  const texts: string[] = [];
  let timeline: Timeline | undefined;
  const searchText = (row: TestRow) => (texts[row.test.index] ??= searchTextOf(row));
  const alikes = new Map<string, Alike>();
  return {
    packed,
    rows,
    rowByKey: new Map(rows.map((row) => [row.test.key, row])),
    tags: sorted(rows.flatMap(({ test }) => test.tags)),
    nodes: sorted([...packed.nodes.map(({ name }) => name), ...rows.flatMap(({ nodes }) => nodes)]),
    searchText,
    alike: (row) => {
      const text = row.trouble?.error?.message.split("\n", 1)[0]?.slice(0, ALIKE_LENGTH_MAX).trim();
      if (text === undefined || text === "") return undefined;
      const known = alikes.get(text);
      if (known !== undefined) return known;
      const small = text.toLowerCase();
      const count = rows.filter((one) => searchText(one).includes(small)).length;
      const alike = { text, count };
      alikes.set(text, alike);
      return alike;
    },
    timeline: () => (timeline ??= layTimeline(rows, packed.nodes, packed.run.durationMs)),
  };
}

function sorted(names: readonly string[]): readonly string[] {
  return [...new Set(names)].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}
