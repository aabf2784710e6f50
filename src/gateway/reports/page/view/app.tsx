/** The page put together: which view is shown, what is selected, what the keys do. */
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Book } from "../data/book.ts";
import type { TestRow } from "../data/rows.ts";
import { type Selection, selectTests } from "../data/select.ts";
import { Head } from "./head.tsx";
import { HelpDialog } from "./help-dialog.tsx";
import { useKeys } from "./keys.ts";
import { Lightbox } from "./lightbox.tsx";
import { FlakyView, SlowestView } from "./lists.tsx";
import { NavBar } from "./nav-bar.tsx";
import { type Enlarged, type Page, PageContext, usePage } from "./page-context.ts";
import { TestList } from "./test-list.tsx";
import { TestView } from "./test-view.tsx";
import { TimelineView } from "./timeline.tsx";
import { Toolbar } from "./toolbar.tsx";
import { useQuery } from "./use-query.ts";

export function App({ book }: { book: Book }) {
  const [query, change] = useQuery();
  const [enlarged, setEnlarged] = useState<Enlarged>();
  const [isHelpOpen, setHelpOpen] = useState(false);
  const [goTo, setGoTo] = useState<{ readonly id: string }>();
  const { statuses, tag, node, text, sort, isGrouped } = query;
  const selection = useMemo(
    () => selectTests(book, query),
    [book, statuses.join(), tag, node, text, sort, isGrouped],
  );
  const open = query.test === undefined ? undefined : book.rowByKey.get(query.test);
  const page: Page = useMemo(
    () => ({
      book,
      query,
      selection,
      isMediaFew: isMediaFew(selection),
      change,
      enlarge: setEnlarged,
    }),
    [book, query, selection, change],
  );
  const goToItem = useCallback((id: string) => setGoTo({ id }), []);
  useKeys({ page, open, goTo: goToItem, showHelp: () => setHelpOpen(true) });
  useReturn(open, goToItem);
  useEffect(() => {
    const { title } = document;
    if (open === undefined) return;
    document.title = `${open.label} · ${title}`;
    return () => {
      document.title = title;
    };
  }, [open]);
  return (
    <PageContext.Provider value={page}>
      {open === undefined && <Head />}
      <NavBar showHelp={() => setHelpOpen(true)} isTestOpen={open !== undefined} />
      <main id="main">
        {open === undefined ? (
          <ListViews goTo={goTo} />
        ) : (
          <TestView row={open} key={open.test.key} />
        )}
      </main>
      <Lightbox enlarged={enlarged} change={setEnlarged} />
      <HelpDialog isOpen={isHelpOpen} close={() => setHelpOpen(false)} />
    </PageContext.Provider>
  );
}

/** Chromium refuses more than 75 players in a page. */
const MEDIA_CARDS_MAX = 40;

function isMediaFew({ rows }: Selection): boolean {
  return rows.filter(({ trouble }) => trouble !== undefined).length <= MEDIA_CARDS_MAX;
}

function ListViews({ goTo }: { goTo: { readonly id: string } | undefined }) {
  const { query } = usePage();
  if (query.view === "timeline") return <TimelineView />;
  if (query.view === "slowest") return <SlowestView />;
  if (query.view === "flaky") return <FlakyView />;
  return (
    <>
      <Toolbar />
      {query.test !== undefined && (
        <p class="note" role="status">
          This report has no test “{query.test}”.
        </p>
      )}
      <TestList goTo={goTo} />
    </>
  );
}

/** Back from a test, its row has the focus and lies where it lay. */
function useReturn(open: TestRow | undefined, goTo: (id: string) => void): void {
  const last = useRef<TestRow>();
  const listScrollY = useRef(0);
  const isOpen = open !== undefined;
  // Before the browser scrolls a page that has become shorter.
  useLayoutEffect(() => {
    if (isOpen) return window.scrollTo(0, 0);
    const keep = () => {
      listScrollY.current = window.scrollY;
    };
    window.addEventListener("scroll", keep, { passive: true });
    return () => window.removeEventListener("scroll", keep);
  }, [isOpen]);
  useEffect(() => {
    if (open !== undefined) {
      last.current = open;
    } else if (last.current !== undefined) {
      window.scrollTo(0, listScrollY.current);
      goTo(`test ${last.current.test.index}`);
      last.current = undefined;
    }
  }, [open, goTo]);
}
