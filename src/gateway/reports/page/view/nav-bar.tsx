/** The bar that stays: where one is, the views, light or dark, the list of keys. */
import { numberText } from "../../html/quantities.ts";
import { type View, writeQuery } from "../data/query.ts";
import { usePage } from "./page-context.ts";
import { ThemeButton } from "./theme-button.tsx";

const TITLES: Readonly<Record<View, string>> = {
  tests: "Tests",
  timeline: "Timeline",
  slowest: "Slowest",
  flaky: "Flaky",
};

export function NavBar({ showHelp, isTestOpen }: { showHelp: () => void; isTestOpen: boolean }) {
  const { book, query } = usePage();
  const flakyCount = book.rows.filter(({ status }) => status === "flaky").length;
  const counts: Partial<Record<View, number>> = { tests: book.rows.length, flaky: flakyCount };
  return (
    <nav class="nav-bar" aria-label="Views">
      <div class="nav-inner">
        {(Object.keys(TITLES) as View[]).map((view) => (
          <a
            key={view}
            href={writeQuery({ ...query, view, test: undefined })}
            aria-current={query.view === view && !isTestOpen ? "page" : undefined}
          >
            {TITLES[view]}
            {counts[view] !== undefined && <span class="count">{numberText(counts[view])}</span>}
          </a>
        ))}
        <span class="nav-space" />
        <ThemeButton />
        <button type="button" class="quiet icon" onClick={showHelp} title="Keys (?)">
          <span aria-hidden="true">?</span>
          <span class="unseen">Keys</span>
        </button>
      </div>
    </nav>
  );
}
