/** The slowest tests, and the flaky ones. */
import { durationText } from "../../html/quantities.ts";
import { writeQuery } from "../data/query.ts";
import type { TestRow } from "../data/rows.ts";
import { STATUS_TITLES } from "../data/select.ts";
import { usePage } from "./page-context.ts";
import { StatusMark } from "./status-mark.tsx";
import { AttemptMarks } from "./trouble-card.tsx";

const SLOWEST_MAX = 50;
const FLAKY_MAX = 500;

export function SlowestView() {
  const { book } = usePage();
  const rows = book.rows
    .filter(({ test }) => test.attempts.length > 0)
    .toSorted((a, b) => b.durationMs - a.durationMs)
    .slice(0, SLOWEST_MAX);
  const mostMs = rows[0]?.durationMs ?? 1;
  return (
    <section class="list-view">
      <h2>Slowest tests</h2>
      <p class="note">By the time of the attempt that decided.</p>
      {rows.length === 0 && <p class="note">No test was executed.</p>}
      <ol class="ranking">
        {rows.map((row) => (
          <li key={row.test.key}>
            <TestLink row={row} />
            <span class="rank-bar" aria-hidden="true">
              <span
                class={`is-${row.status}`}
                style={{ width: `${(100 * row.durationMs) / Math.max(mostMs, 1e-6)}%` }}
              />
            </span>
            <span class="line-time">{durationText(row.durationMs)}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

export function FlakyView() {
  const { book } = usePage();
  const rows = book.rows.filter(({ status }) => status === "flaky");
  return (
    <section class="list-view">
      <h2>Flaky tests</h2>
      <p class="note">
        {rows.length === 0
          ? "None: every test that passed did so at its first counted attempt."
          : "They passed, but only after an attempt that failed."}
      </p>
      <ol class="ranking">
        {rows.slice(0, FLAKY_MAX).map((row) => (
          <li key={row.test.key} class="is-tall">
            <TestLink row={row} />
            <AttemptMarks row={row} />
            <span class="line-node">{row.nodes.join(", ")}</span>
            <span class="rank-error">{firstLine(row.trouble?.error?.message)}</span>
          </li>
        ))}
      </ol>
      {rows.length > FLAKY_MAX && (
        <p class="note">{rows.length - FLAKY_MAX} more: filter the tests by “Flaky”.</p>
      )}
    </section>
  );
}

function TestLink({ row }: { row: TestRow }) {
  const { query } = usePage();
  return (
    <span class="rank-name">
      <StatusMark status={row.status} label={STATUS_TITLES[row.status]} />
      <span>
        <a href={writeQuery({ ...query, test: row.test.key })}>{row.label}</a>
        <span class="line-suite">{row.test.suite}</span>
      </span>
    </span>
  );
}

function firstLine(text: string | undefined): string {
  return text?.split("\n", 1)[0]?.slice(0, 300) ?? "";
}
