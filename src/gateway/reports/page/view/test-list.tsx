/** The tests of the selection: what needs a look as cards with their evidence, the others as lines. */
import { useEffect, useState } from "preact/hooks";
import { countText, durationText } from "../../html/quantities.ts";
import { STATUSES, writeQuery } from "../data/query.ts";
import type { TestRow } from "../data/rows.ts";
import { type HeadItem, type ListItem, STATUS_TITLES } from "../data/select.ts";
import { usePage } from "./page-context.ts";
import { PlainList } from "./plain-list.tsx";
import { StatusMark } from "./status-mark.tsx";
import { TroubleCard } from "./trouble-card.tsx";
import { VirtualList } from "./virtual-list.tsx";

/** Up to so many tests all are in the page; of more, only those near the screen. */
const WHOLE_MAX = 400;

export function TestList({ goTo }: { goTo: { readonly id: string } | undefined }) {
  const { selection, book } = usePage();
  const isPrinting = usePrinting();
  if (selection.items.length === 0)
    return (
      <p class="note">
        {book.rows.length === 0 ? "The run has no tests." : "No test is like that."}
      </p>
    );
  if (selection.rows.length <= WHOLE_MAX)
    return <PlainList items={selection.items} label="Tests" draw={draw} goTo={goTo} />;
  if (isPrinting) return <PrintedList items={selection.items} />;
  return (
    <VirtualList
      items={selection.items}
      label="Tests"
      guessHeight={guessHeight}
      draw={draw}
      goTo={goTo}
    />
  );
}

const PRINTED_MAX = 1_000;

/** On paper nothing scrolls: everything is there, up to a bound that is said. */
function PrintedList({ items }: { items: readonly ListItem[] }) {
  const left = items.length - PRINTED_MAX;
  return (
    <>
      {items.slice(0, PRINTED_MAX).map((item) => (
        <div key={item.id}>{draw(item)}</div>
      ))}
      {left > 0 && <p class="note">{left} more are not printed: filter the list first.</p>}
    </>
  );
}

/** Whether the page is on its way to paper. */
function usePrinting(): boolean {
  const [isPrinting, setPrinting] = useState(false);
  useEffect(() => {
    const begin = () => setPrinting(true);
    const end = () => setPrinting(false);
    window.addEventListener("beforeprint", begin);
    window.addEventListener("afterprint", end);
    return () => {
      window.removeEventListener("beforeprint", begin);
      window.removeEventListener("afterprint", end);
    };
  }, []);
  return isPrinting;
}

const draw = (item: ListItem) =>
  item.kind === "head" ? <GroupHead head={item} /> : <TestItem row={item.row} />;

/** As in the style sheet, so that most lines need no second look. */
const LINE_PX = 36;

function guessHeight(item: ListItem): number {
  if (item.kind === "head") return 44;
  return item.row.trouble === undefined ? LINE_PX : 250;
}

function TestItem({ row }: { row: TestRow }) {
  return row.trouble === undefined ? (
    <TestLine row={row} />
  ) : (
    <TroubleCard row={row} trouble={row.trouble} />
  );
}

function GroupHead({ head }: { head: HeadItem }) {
  const counts = STATUSES.map((status) => ({
    status,
    count: head.rows.filter((row) => row.status === status).length,
  })).filter(({ count }) => count > 0);
  return (
    <h2 class={`group-head ${head.status === undefined ? "" : `is-${head.status}`}`}>
      <span class="group-title">{head.title}</span>
      {head.status === undefined ? (
        <>
          <span class="group-file">{head.file}</span>
          {counts.map(({ status, count }) => (
            <span key={status} class={`group-count is-${status}`}>
              <StatusMark status={status} /> {count} {STATUS_TITLES[status].toLowerCase()}
            </span>
          ))}
        </>
      ) : (
        <span class="count">{countText(head.rows.length, "test")}</span>
      )}
    </h2>
  );
}

/** A test that needs no look: one line. */
function TestLine({ row }: { row: TestRow }) {
  const { query } = usePage();
  const { test } = row;
  return (
    <div class="line">
      <StatusMark status={row.status} label={STATUS_TITLES[row.status]} />
      <a class="line-name" href={writeQuery({ ...query, test: test.key })}>
        <span class="name">{row.label}</span>
      </a>
      <span class="line-more">
        {test.reason !== undefined && <span class="line-reason">{test.reason}</span>}
        {!query.isGrouped && <span class="line-suite">{test.suite}</span>}
        {test.tags.map((tag) => (
          <span key={tag} class="tag">
            {tag}
          </span>
        ))}
      </span>
      <span class="line-node">{row.nodes.join(", ")}</span>
      <span class="line-time">
        {test.attempts.length === 0 ? "" : durationText(row.durationMs)}
      </span>
    </div>
  );
}
