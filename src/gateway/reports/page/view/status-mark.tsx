/** A verdict as a small picture: told by its shape, not only by its colour. */
import type { PageAttempt, PageStep, TestStatus } from "../../packed/unpack.ts";

export type MarkStatus = TestStatus | PageAttempt["status"] | PageStep["status"];

const SHAPES: Readonly<Record<MarkStatus, string>> = {
  passed: "M4 8.5l2.7 2.7L12 5.5",
  failed: "M5 5l6 6M11 5l-6 6",
  lost: "M6 6.2a2 2 0 1 1 2.7 1.9c-.5.2-.7.5-.7 1V9.6M8 11.6v.2",
  flaky: "M3.5 9.5c1.5-4 3-4 4.5-1.5s3 2.5 4.5-1.5",
  skipped: "M5 8h6",
  open: "M8 4.8V8l2.2 1.6",
  running: "M8 4.8V8l2.2 1.6",
  cancelled: "M5.5 5.5h5v5h-5z",
};

/** Decorative: the word stands beside it or in `label`. */
export function StatusMark({ status, label }: { status: MarkStatus; label?: string }) {
  return (
    <span class={`mark is-${status}`}>
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
        <circle cx="8" cy="8" r="7.25" class="mark-ring" />
        <path d={SHAPES[status]} class="mark-sign" />
      </svg>
      {label !== undefined && <span class="unseen">{label}</span>}
    </span>
  );
}
