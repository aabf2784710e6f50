/** P: which tests are shown and in which order, and the same as the part of the address after `#`. */
import type { TestStatus } from "../../packed/unpack.ts";

export const VIEWS = ["tests", "timeline", "slowest", "flaky"] as const;
export type View = (typeof VIEWS)[number];
export const SORTS = ["status", "slowest", "name", "suite"] as const;
export type Sort = (typeof SORTS)[number];
/** What needs a look first comes first. */
export const STATUSES = [
  "failed",
  "lost",
  "flaky",
  "open",
  "passed",
  "skipped",
] as const satisfies readonly TestStatus[];

export type Query = {
  readonly view: View;
  /** Empty: all. */
  readonly statuses: readonly TestStatus[];
  readonly tag: string | undefined;
  readonly node: string | undefined;
  readonly text: string;
  readonly sort: Sort;
  readonly isGrouped: boolean;
  /** Key of the test that is open. */
  readonly test: string | undefined;
};

export const PLAIN_QUERY: Query = {
  view: "tests",
  statuses: [],
  tag: undefined,
  node: undefined,
  text: "",
  sort: "status",
  isGrouped: false,
  test: undefined,
};

/** Reads `#…`; what it does not know it leaves out. */
export function readQuery(hash: string): Query {
  const words = new URLSearchParams(hash.replace(/^#/, ""));
  const statuses = (words.get("status") ?? "").split(",");
  return {
    view: VIEWS.find((view) => view === words.get("view")) ?? "tests",
    statuses: STATUSES.filter((status) => statuses.includes(status)),
    tag: words.get("tag") ?? undefined,
    node: words.get("node") ?? undefined,
    text: words.get("q") ?? "",
    sort: SORTS.find((sort) => sort === words.get("sort")) ?? "status",
    isGrouped: words.get("group") === "suite",
    test: words.get("test") ?? undefined,
  };
}

/** Writes `#…` without what is as usual; readQuery() reads it back. */
export function writeQuery(query: Query): string {
  const words = new URLSearchParams();
  const put = (name: string, value: string | undefined) => {
    if (value !== undefined && value !== "") words.set(name, value);
  };
  put("view", query.view === "tests" ? undefined : query.view);
  put("status", query.statuses.join(","));
  if (query.tag !== undefined) words.set("tag", query.tag);
  if (query.node !== undefined) words.set("node", query.node);
  put("q", query.text);
  put("sort", query.sort === "status" ? undefined : query.sort);
  put("group", query.isGrouped ? "suite" : undefined);
  if (query.test !== undefined) words.set("test", query.test);
  // A bare "#" would be the top of the page.
  return `#${words.size === 0 ? "view=tests" : words.toString()}`;
}

/** Whether anything is left out. */
export function isFiltering({ statuses, tag, node, text }: Query): boolean {
  return statuses.length > 0 || tag !== undefined || node !== undefined || text !== "";
}
