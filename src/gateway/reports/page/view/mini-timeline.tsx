/** The timeline in small, in the head: a link to the large one. */
import { useRef } from "preact/hooks";
import { type Frame, miniFrameOf } from "../data/frame.ts";
import { writeQuery } from "../data/query.ts";
import { usePage } from "./page-context.ts";
import { useDrawing, useWidth } from "./use-drawing.ts";

export function MiniTimeline() {
  const { book, query } = usePage();
  const timeline = book.timeline();
  const box = useRef<HTMLAnchorElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const width = useWidth(box);
  const frame: Frame = miniFrameOf(timeline, width);
  useDrawing({ canvas, timeline, frame, chosen: undefined });
  if (timeline.bars.length === 0) return null;
  return (
    <a
      class="mini"
      ref={box}
      href={writeQuery({ ...query, view: "timeline", test: undefined })}
      title="Timeline of slots"
      aria-label="Timeline of slots"
    >
      <canvas ref={canvas} style={{ width: `${frame.width}px`, height: `${frame.height}px` }} />
    </a>
  );
}
