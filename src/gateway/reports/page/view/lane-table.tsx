/** The timeline in figures, for those who do not see the picture. */
import { durationText, numberText } from "../../html/quantities.ts";
import type { Lane, Timeline } from "../data/lanes.ts";

export function LaneTable({ timeline }: { timeline: Timeline }) {
  const spanMs = timeline.toMs - timeline.fromMs;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls sideways on a narrow screen
    <section class="table-box" tabIndex={0} aria-label="Slots" data-scrolls>
      <table class="lanes">
        <caption class="unseen">What each slot did</caption>
        <thead>
          <tr>
            <th scope="col">Slot</th>
            <th scope="col">Attempts</th>
            <th scope="col">Failed</th>
            <th scope="col">Lost</th>
            <th scope="col">Busy</th>
            <th scope="col">Busy share</th>
          </tr>
        </thead>
        {[...Map.groupBy(timeline.lanes, ({ node }) => node)].map(([node, lanes]) => (
          <tbody key={node}>
            <tr>
              <th scope="rowgroup" colSpan={6} class="lanes-node">
                {node}
              </th>
            </tr>
            {lanes.map((lane) => (
              <LaneRow key={lane.slot} lane={lane} spanMs={spanMs} />
            ))}
          </tbody>
        ))}
      </table>
    </section>
  );
}

function LaneRow({ lane, spanMs }: { lane: Lane; spanMs: number }) {
  return (
    <tr>
      <th scope="row">{lane.slot + 1}</th>
      <td>{numberText(lane.bars.length)}</td>
      <td>{countOf(lane, "failed")}</td>
      <td>{countOf(lane, "lost")}</td>
      <td>{durationText(lane.busyMs)}</td>
      <td>{Math.min(100, Math.round((100 * lane.busyMs) / spanMs))} %</td>
    </tr>
  );
}

function countOf(lane: Lane, status: string): number {
  return lane.bars.filter(({ attempt }) => attempt.status === status).length;
}
