/** The numbers of a replica's events when it opens a new sequence (E4). Within the caller's transaction. */
import type { Sqlite } from "#shared/sqlite.ts";

/** Beyond all numbers of events. */
const ELSEWHERE = 1_000_000_000_000;

/** Numbers what comes after `known` from 1 on; what is known goes to 0 and below. Returns the last number. */
export function numberAnew(db: Sqlite, known: number): number {
  const later = db.prepare("SELECT number FROM event WHERE number > ? ORDER BY number").all(known);
  // By way of numbers that nobody has, since each update must be unique by itself.
  db.prepare("UPDATE event SET number = number + ? WHERE number > ?").run(ELSEWHERE, known);
  db.prepare("UPDATE event SET number = -number - ? WHERE number <= ?").run(ELSEWHERE, known);
  db.prepare("UPDATE event SET number = -number - ? WHERE number < ?").run(
    ELSEWHERE + known,
    -ELSEWHERE / 2,
  );
  const move = db.prepare("UPDATE event SET number = ? WHERE number = ?");
  const moveEnd = db.prepare(
    "UPDATE lease SET end_number = ? WHERE state = 'ended' AND end_number = ?",
  );
  for (const [index, row] of later.entries()) {
    const number = Number(row["number"]);
    move.run(index + 1, number + ELSEWHERE);
    moveEnd.run(index + 1, number);
  }
  return later.length;
}
