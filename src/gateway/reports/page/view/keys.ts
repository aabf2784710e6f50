/** The keys of the page, in a list and in a test. They stay silent while somebody types or a dialog is open. */
import { useEffect, useRef } from "preact/hooks";
import type { TestRow } from "../data/rows.ts";
import type { Page } from "./page-context.ts";

export type KeysOptions = {
  readonly page: Page;
  /** The test that is open. */
  readonly open: TestRow | undefined;
  /** Brings an item of the list to the screen and gives it the focus. */
  readonly goTo: (id: string) => void;
  readonly showHelp: () => void;
};

/** What the help dialog says of them. */
export const KEYS: ReadonlyArray<readonly [keys: readonly string[], what: string]> = [
  [["j", "↓"], "Next test"],
  [["k", "↑"], "Previous test"],
  [["f"], "Next failed or lost test"],
  [["Enter"], "Open the test that has the focus"],
  [["Esc"], "Back to the list; in the search: clear it"],
  [["/"], "Search"],
  [["g"], "Group by suite, or not"],
  [["1", "2", "3", "4"], "Tests, timeline, slowest, flaky"],
  [["t"], "Light, dark, as the system"],
  [["?"], "This list"],
];

/** Listens to the keys of the whole page. */
export function useKeys(options: KeysOptions): void {
  const latest = useRef(options);
  latest.current = options;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (isBusy(event)) return;
      if (act(event.key, latest.current)) event.preventDefault();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
}

function isBusy({ target, key }: KeyboardEvent): boolean {
  if (document.querySelector("dialog[open]") !== null) return true;
  if (!(target instanceof Element)) return false;
  if (target.matches("input, textarea, select, [role=slider], video")) return true;
  // A long text scrolls by the arrows.
  return key.startsWith("Arrow") && target.matches("pre, [data-scrolls]");
}

/** Whether the key did something. */
function act(key: string, options: KeysOptions): boolean {
  const { page, open, showHelp } = options;
  switch (key) {
    case "j":
    case "ArrowDown":
      return step(options, 1);
    case "k":
    case "ArrowUp":
      return step(options, -1);
    case "f":
      return step(options, 1, isBad);
    case "Escape":
      if (open !== undefined) page.change({ test: undefined }, true);
      return open !== undefined;
    case "?":
      showHelp();
      return true;
    default:
      return actOnPage(key, page);
  }
}

function actOnPage(key: string, page: Page): boolean {
  const view = ({ "1": "tests", "2": "timeline", "3": "slowest", "4": "flaky" } as const)[key];
  if (view !== undefined) page.change({ view, test: undefined }, true);
  else if (key === "/") {
    page.change({ view: "tests", test: undefined });
    requestAnimationFrame(() => document.getElementById("search")?.focus());
  } else if (key === "g") page.change({ isGrouped: !page.query.isGrouped });
  else if (key === "t") document.getElementById("theme")?.click();
  else return false;
  return true;
}

const isBad = ({ status }: TestRow) => status === "failed" || status === "lost";

/** To the next row of the selection that is wanted: from the open test, or from the row that has the focus. */
function step(
  { page, open, goTo }: KeysOptions,
  by: 1 | -1,
  wanted = (_row: TestRow) => true,
): boolean {
  if (open === undefined && page.query.view !== "tests") return false;
  const { rows } = page.selection;
  const from = open === undefined ? focusedIndex(rows) : rows.indexOf(open);
  const start = from === -1 && by === -1 ? rows.length : from;
  for (let index = start + by; index >= 0 && index < rows.length; index += by) {
    const row = rows[index];
    if (row === undefined || !wanted(row)) continue;
    if (open === undefined) goTo(`test ${row.test.index}`);
    else page.change({ test: row.test.key });
    return true;
  }
  return true;
}

function focusedIndex(rows: readonly TestRow[]): number {
  const id = document.activeElement?.closest<HTMLElement>("[data-id]")?.dataset["id"];
  return rows.findIndex(({ test }) => `test ${test.index}` === id);
}
