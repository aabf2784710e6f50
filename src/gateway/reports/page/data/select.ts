/** P: the tests that a query shows, as the items of the list. */
import type { TestStatus } from "../../packed/unpack.ts";
import { type Query, type Sort, STATUSES } from "./query.ts";
import type { TestRow } from "./rows.ts";

export type HeadItem = {
  readonly kind: "head";
  readonly id: string;
  readonly title: string;
  /** Undefined in a list that is grouped by suite. */
  readonly status: TestStatus | undefined;
  readonly file: string | undefined;
  readonly rows: readonly TestRow[];
};
export type TestItem = { readonly kind: "test"; readonly id: string; readonly row: TestRow };
export type ListItem = HeadItem | TestItem;

export type Selection = {
  readonly items: readonly ListItem[];
  /** The tests of `items`, in their order. */
  readonly rows: readonly TestRow[];
};

export type Searchable = {
  readonly rows: readonly TestRow[];
  /** Small letters, by the row's test index. */
  readonly searchText: (row: TestRow) => string;
};

export const STATUS_TITLES: Readonly<Record<TestStatus, string>> = {
  failed: "Failed",
  lost: "Lost",
  flaky: "Flaky",
  open: "Not ended",
  passed: "Passed",
  skipped: "Skipped",
};

/** Filters, orders and groups. */
export function selectTests(from: Searchable, query: Query): Selection {
  const shown = filterRows(from, query);
  if (query.isGrouped) return grouped(shown, query.sort);
  const rows = sortRows(shown, query.sort);
  if (query.sort !== "status") return { items: rows.map(testItem), rows };
  const items = STATUSES.flatMap((status) => {
    const some = rows.filter((row) => row.status === status);
    return some.length === 0 ? [] : [statusHead(status, some), ...some.map(testItem)];
  });
  return { items, rows };
}

/** The rows that pass every filter, in the report's order. */
export function filterRows(from: Searchable, query: Query): readonly TestRow[] {
  const { statuses, tag, node } = query;
  const text = query.text.toLowerCase();
  return from.rows.filter(
    (row) =>
      (statuses.length === 0 || statuses.includes(row.status)) &&
      (tag === undefined || row.test.tags.includes(tag)) &&
      (node === undefined || row.nodes.includes(node)) &&
      (text === "" || from.searchText(row).includes(text)),
  );
}

function grouped(rows: readonly TestRow[], sort: Sort): Selection {
  const suites = [...Map.groupBy(rows, ({ test }) => JSON.stringify([test.file, test.suite]))];
  const groups = suites.map(([id, some]) => ({ id, rows: sortRows(some, sort) }));
  if (sort === "status") groups.sort((a, b) => worstRank(a.rows) - worstRank(b.rows));
  if (sort === "slowest") groups.sort((a, b) => sumMs(b.rows) - sumMs(a.rows));
  if (sort === "name") groups.sort((a, b) => compare(a.rows[0]?.test.suite, b.rows[0]?.test.suite));
  return {
    items: groups.flatMap((group) => [suiteHead(group), ...group.rows.map(testItem)]),
    rows: groups.flatMap((group) => group.rows),
  };
}

function sortRows(rows: readonly TestRow[], sort: Sort): readonly TestRow[] {
  if (sort === "suite") return rows;
  if (sort === "slowest") return rows.toSorted((a, b) => b.durationMs - a.durationMs);
  if (sort === "name") return rows.toSorted((a, b) => compare(a.label, b.label));
  return rows.toSorted((a, b) => rankOf(a.status) - rankOf(b.status));
}

const rankOf = (status: TestStatus) => STATUSES.indexOf(status);
const worstRank = (rows: readonly TestRow[]) =>
  Math.min(...rows.slice(0, 1).map((row) => rankOf(row.status)));
const sumMs = (rows: readonly TestRow[]) => rows.reduce((sum, row) => sum + row.durationMs, 0);

const collator = new Intl.Collator("en", { numeric: true });
const compare = (a = "", b = "") => collator.compare(a, b);

function statusHead(status: TestStatus, rows: readonly TestRow[]): HeadItem {
  const title = STATUS_TITLES[status];
  return { kind: "head", id: `head ${status}`, title, status, file: undefined, rows };
}

function suiteHead(group: { readonly id: string; readonly rows: readonly TestRow[] }): HeadItem {
  const { suite = "", file } = group.rows[0]?.test ?? {};
  return {
    kind: "head",
    id: `head ${group.id}`,
    title: suite,
    status: undefined,
    file,
    rows: group.rows,
  };
}

function testItem(row: TestRow): TestItem {
  return { kind: "test", id: `test ${row.test.index}`, row };
}
