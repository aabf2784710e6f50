/** The timeline of slots: who ran what when. As a picture and as a table. */
import { countText, numberText } from "../../html/quantities.ts";
import { STATUSES as TEST_STATUSES } from "../data/query.ts";
import type { TestRow } from "../data/rows.ts";
import { STATUS_TITLES } from "../data/select.ts";
import { LaneTable } from "./lane-table.tsx";
import { usePage } from "./page-context.ts";
import { TimelineCanvas } from "./timeline-canvas.tsx";

const STATUSES = ["passed", "failed", "lost", "cancelled", "running"] as const;

export function TimelineView() {
  const { book } = usePage();
  const timeline = book.timeline();
  const legend = STATUSES.filter((status) =>
    timeline.bars.some((bar) => bar.attempt.status === status),
  );
  return (
    <section class="list-view">
      <h2>Timeline</h2>
      <p class="note">
        {countText(timeline.bars.length, "attempt")} on {countText(timeline.lanes.length, "slot")}
        {timeline.lanes.some(({ isTold }) => !isTold) &&
          ", laid where there was room: the report tells no slots"}
        {timeline.timelessCount > 0 &&
          `; ${timeline.timelessCount} whose start is unknown or far outside of the run are not shown`}
        .
      </p>
      <ul class="legend">
        {legend.map((status) => (
          <li key={status}>
            <span class={`swatch is-${status}`} aria-hidden="true" /> {status}
          </li>
        ))}
        {timeline.bars.some(({ attempt }) => attempt.status === "passed" && !attempt.isCounted) && (
          <li>
            <span class="swatch is-passed is-pale" aria-hidden="true" /> passed, not counted
          </li>
        )}
      </ul>
      {timeline.bars.length > 0 && <TimelineCanvas timeline={timeline} />}
      <Unstarted rows={timeline.unstarted} />
      <LaneTable timeline={timeline} />
    </section>
  );
}

/** The lanes show attempts only: what became of the tests that have none. */
function Unstarted({ rows }: { rows: readonly TestRow[] }) {
  if (rows.length === 0) return null;
  const counts = TEST_STATUSES.map((status) => ({
    word: STATUS_TITLES[status].toLowerCase(),
    count: rows.filter((row) => row.status === status).length,
  })).filter(({ count }) => count > 0);
  const isOpen = rows.some(({ status }) => status === "open");
  const verb = isOpen
    ? `${rows.length === 1 ? "has" : "have"} not started so far`
    : "never started";
  const told = counts.map(({ word, count }) => `${numberText(count)} ${word}`).join(", ");
  return (
    <p class="note unstarted">
      {countText(rows.length, "test")} {verb} and so {rows.length === 1 ? "is" : "are"} in no slot:{" "}
      {told}.
    </p>
  );
}
