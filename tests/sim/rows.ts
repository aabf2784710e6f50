/**
 * How often each row of the fault table was played: not how often the fault was done, but how often it met what the row
 * is about (an attempt that ran, an answer that was on its way). A row that was never played was never checked.
 */
import { FAULT_ROWS, type FaultRow } from "#kit/fault-rows.ts";

/** A race has two ends, and is played only when both were seen. */
export type RacedRow = Extract<FaultRow, "recall or drain racing a start">;
export type RaceEnd = "start" | "recall";

export type RowCounts = {
  readonly played: Record<FaultRow, number>;
  readonly won: Record<RaceEnd, number>;
};

export type Rows = RowCounts & {
  readonly play: (row: Exclude<FaultRow, RacedRow>) => void;
  /** A recall met a lease that had just started, or one that had not. */
  readonly race: (winner: RaceEnd) => void;
};

const newCounts = (): RowCounts => ({
  played: Object.fromEntries(FAULT_ROWS.map((row) => [row, 0])) as Record<FaultRow, number>,
  won: { start: 0, recall: 0 },
});

export function newRows(): Rows {
  const counts = newCounts();
  return {
    ...counts,
    play: (row) => {
      counts.played[row] += 1;
    },
    race: (winner) => {
      counts.won[winner] += 1;
      counts.played["recall or drain racing a start"] = Math.min(
        counts.won.start,
        counts.won.recall,
      );
    },
  };
}

export function addRows(sum: Rows, more: RowCounts): void {
  for (const row of FAULT_ROWS) sum.played[row] += more.played[row];
  sum.won.start += more.won.start;
  sum.won.recall += more.won.recall;
  sum.played["recall or drain racing a start"] = Math.min(sum.won.start, sum.won.recall);
}

/** Rows that were never played. */
export const unplayedRows = ({ played }: RowCounts): readonly FaultRow[] =>
  FAULT_ROWS.filter((row) => played[row] === 0);

/** A line a row. */
export function rowsInWords({ played, won }: RowCounts): readonly string[] {
  return FAULT_ROWS.map((row) => {
    const ends =
      row === "recall or drain racing a start"
        ? ` (the start won ${won.start} times, the recall ${won.recall} times)`
        : "";
    return `${String(played[row]).padStart(6)} times ${row}${ends}`;
  });
}
