/** The timeline of slots: who ran what when. As a picture and as a table. */
import { countText } from "../../html/quantities.ts";
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
      <LaneTable timeline={timeline} />
    </section>
  );
}
