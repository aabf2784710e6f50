/** One test: what it is, what became of it, and its attempts side by side. */
import { useEffect, useRef } from "preact/hooks";
import { durationText } from "../../html/quantities.ts";
import type { PageAttempt, PageTest } from "../../packed/unpack.ts";
import { againCommand } from "../data/links.ts";
import { writeQuery } from "../data/query.ts";
import { failureOf, type TestRow } from "../data/rows.ts";
import { STATUS_TITLES } from "../data/select.ts";
import { Artifacts } from "./artifacts.tsx";
import { ErrorBox, placeText } from "./error-box.tsx";
import { MetricsTables, metricsOf } from "./metrics-tables.tsx";
import { usePage } from "./page-context.ts";
import { StatusMark } from "./status-mark.tsx";
import { Steps } from "./steps.tsx";

export function TestView({ row }: { row: TestRow }) {
  const { test } = row;
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus({ preventScroll: true }), []);
  return (
    <article class="test">
      <TestSteps row={row} />
      <h1 class={`test-title is-${row.status}`} tabIndex={-1} ref={title}>
        <StatusMark status={row.status} />
        <span>{row.label}</span>
      </h1>
      <p class="test-facts">
        <span class={`verdict-word is-${row.status}`}>{STATUS_TITLES[row.status]}</span>
        <span>{test.suite}</span>
        <span class="code">{placeText({ file: test.file, line: test.line })}</span>
        <span>{test.platform}</span>
        {test.tags.map((tag) => (
          <span key={tag} class="tag">
            {tag}
          </span>
        ))}
      </p>
      {test.reason !== undefined && <p class={`test-reason is-${row.status}`}>{test.reason}</p>}
      {test.attempts.length === 0 ? (
        <p class="note">It was never started: there is no attempt to show.</p>
      ) : (
        <div class="attempts">
          {test.attempts.map((attempt) => (
            <Attempt key={attempt.number} attempt={attempt} test={test} />
          ))}
        </div>
      )}
      <p class="again">
        Run it again: <code>{againCommand(test)}</code>
      </p>
    </article>
  );
}

/** Where the test stands in the list, and the ways to its neighbours. */
function TestSteps({ row }: { row: TestRow }) {
  const { query, selection } = usePage();
  const { rows } = selection;
  const index = rows.indexOf(row);
  const to = (by: number) => (index === -1 ? undefined : rows[index + by]);
  const [before, after] = [to(-1), to(1)];
  return (
    <nav class="test-steps" aria-label="Between tests">
      <a href={writeQuery({ ...query, test: undefined })}>‹ Back to the list</a>
      <span class="nav-space" />
      <span class="count">
        {index === -1 ? "not in the filter" : `${index + 1} of ${rows.length}`}
      </span>
      <Neighbour row={before} word="Previous" />
      <Neighbour row={after} word="Next" />
    </nav>
  );
}

function Neighbour({ row, word }: { row: TestRow | undefined; word: string }) {
  const { query } = usePage();
  if (row === undefined) return <span class="is-off">{word}</span>;
  return (
    <a href={writeQuery({ ...query, test: row.test.key })} title={row.label}>
      {word}
    </a>
  );
}

function Attempt({ attempt, test }: { attempt: PageAttempt; test: PageTest }) {
  const { error, step, stepNumber } = failureOf(attempt);
  const isBad = attempt.status !== "passed";
  return (
    <section class={`attempt is-${attempt.status}`} aria-label={`Attempt ${attempt.number}`}>
      <h2 class="attempt-head">
        <StatusMark status={attempt.status} />
        Attempt {attempt.number} {attempt.status}
        <span class="attempt-facts">{factsOf(attempt)}</span>
      </h2>
      <Remarks attempt={attempt} />
      {attempt.warnings.map((warning) => (
        <p key={warning} class="step-note is-warning">
          {warning}
        </p>
      ))}
      {isBad && error !== undefined && (
        <div class="attempt-error">
          <p class="card-place">
            {step !== undefined && (
              <span class="card-step">
                step {stepNumber} of {attempt.steps.length}: <b>{step.name}</b>
              </span>
            )}
            <span class="code">{placeOf(error, test, step?.line)}</span>
            {error.code !== undefined && <span class="tag">{error.code}</span>}
          </p>
          <ErrorBox error={error} />
        </div>
      )}
      <div class="attempt-body">
        <section class="part attempt-steps">
          <h3>Steps</h3>
          <Steps attempt={attempt} file={test.file} told={isBad ? error?.message : undefined} />
        </section>
        <section class="part attempt-evidence">
          <h3>Evidence</h3>
          <Artifacts attempt={attempt} platform={test.platform} />
        </section>
        {attempt.artifacts.map((artifact, index) => {
          const metrics = metricsOf(artifact);
          return metrics && <MetricsTables key={index} metrics={metrics} />;
        })}
      </div>
    </section>
  );
}

function placeOf(
  error: NonNullable<PageAttempt["error"]>,
  test: PageTest,
  line: number | undefined,
): string {
  return placeText(error.file === undefined ? { file: test.file, line: line ?? test.line } : error);
}

function factsOf(attempt: PageAttempt): string {
  const slot = attempt.slot === undefined ? "" : ` slot ${attempt.slot + 1}`;
  const start =
    attempt.startMs === undefined
      ? []
      : [`started at +${durationText(Math.max(0, attempt.startMs))}`];
  return [`${attempt.node}${slot}`, durationText(attempt.durationMs), ...start].join(" · ");
}

/** What makes an attempt other than usual. */
function Remarks({ attempt }: { attempt: PageAttempt }) {
  const remarks = [
    ...(attempt.isLate ? ["It ended after the test was decided."] : []),
    ...(attempt.isCounted || attempt.status === "running"
      ? []
      : ["It does not count for the verdict."]),
  ];
  return remarks.length === 0 ? null : <p class="note">{remarks.join(" ")}</p>;
}
