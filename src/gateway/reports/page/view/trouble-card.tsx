/** A test that needs a look, in the list: error, place, step, pictures and console at one glance. */
import { countText, durationText } from "../../html/quantities.ts";
import { consoleLines, type LogLine, networkLines } from "../data/log-lines.ts";
import { PLAIN_QUERY, writeQuery } from "../data/query.ts";
import type { TestRow, Trouble } from "../data/rows.ts";
import { STATUS_TITLES } from "../data/select.ts";
import { ErrorBox, placeText } from "./error-box.tsx";
import { LogText } from "./log-text.tsx";
import { FilmNearby, picturesOf, Thumbnail } from "./media.tsx";
import { usePage } from "./page-context.ts";
import { StatusMark } from "./status-mark.tsx";

const LOG_LINES_MAX = 4;

export function TroubleCard({ row, trouble }: { row: TestRow; trouble: Trouble }) {
  const { query } = usePage();
  const { test } = row;
  const { error } = trouble;
  return (
    <article class={`card is-${row.status}`}>
      <div class="card-head">
        <StatusMark status={row.status} label={STATUS_TITLES[row.status]} />
        <a class="card-name" href={writeQuery({ ...query, test: test.key })}>
          {row.label}
        </a>
        <AttemptMarks row={row} />
        <span class="line-node">{row.nodes.join(", ")}</span>
        <span class="line-time">{durationText(row.durationMs)}</span>
      </div>
      <div class="card-body">
        <div class="card-text">
          <CardPlace row={row} trouble={trouble} />
          {test.reason !== undefined && test.reason !== error?.message && (
            <p class="card-reason">{test.reason}</p>
          )}
          {error !== undefined && <ErrorBox error={error} charactersMax={600} linesMax={8} />}
          <SameError row={row} />
          <CardLog trouble={trouble} />
        </div>
        <CardMedia trouble={trouble} />
      </div>
    </article>
  );
}

function CardPlace({ row, trouble }: { row: TestRow; trouble: Trouble }) {
  const { query } = usePage();
  const { test } = row;
  const { step, stepNumber, attempt, error } = trouble;
  const own = { file: test.file, line: step?.line ?? test.line };
  return (
    <p class="card-place">
      {!query.isGrouped && <span class="card-suite">{test.suite}</span>}
      <span class="code">{placeText(error?.file === undefined ? own : error)}</span>
      {step !== undefined && (
        <span class="card-step">
          step {stepNumber} of {attempt.steps.length}: <b>{step.name}</b>
        </span>
      )}
      {test.tags.map((tag) => (
        <span key={tag} class="tag">
          {tag}
        </span>
      ))}
    </p>
  );
}

/** That others failed alike is the first thing to know. */
function SameError({ row }: { row: TestRow }) {
  const { book, query } = usePage();
  const alike = book.alike(row);
  if (alike === undefined || alike.count < 2) return null;
  const href = writeQuery({ ...PLAIN_QUERY, sort: query.sort, text: alike.text });
  return (
    <p class="same">
      <a href={href}>{countText(alike.count, "test")} with this error</a>
    </p>
  );
}

/** One mark for each attempt, when there is more than one. */
export function AttemptMarks({ row }: { row: TestRow }) {
  const { attempts } = row.test;
  if (attempts.length < 2) return null;
  return (
    <span class="attempt-marks">
      <span class="unseen">Attempts: </span>
      {attempts.map((attempt) => (
        <StatusMark key={attempt.number} status={attempt.status} label={`${attempt.status} `} />
      ))}
    </span>
  );
}

function CardLog({ trouble }: { trouble: Trouble }) {
  const lines = logOf(trouble);
  if (lines.length === 0) return null;
  const loud = lines.filter(({ level }) => level === "error");
  const shown = (loud.length === 0 ? lines : loud).slice(0, LOG_LINES_MAX);
  const more = lines.length - shown.length;
  return (
    <div class="card-log">
      <LogText lines={shown.map(firstLine)} label="Console" />
      {more > 0 && <span class="more">{more} more in the test</span>}
    </div>
  );
}

const firstLine = ({ level, text }: LogLine): LogLine => ({
  level,
  text: text.split("\n", 1)[0] ?? "",
});

function logOf({ attempt }: Trouble): readonly LogLine[] {
  return attempt.artifacts.flatMap(({ kind, text }) => {
    if (text === undefined) return [];
    if (kind === "console") return consoleLines(text.text);
    return kind === "network" ? networkLines(text.text) : [];
  });
}

function CardMedia({ trouble }: { trouble: Trouble }) {
  const { artifacts } = trouble.attempt;
  const pictures = picturesOf(artifacts);
  const failure = pictures.findIndex(({ name }) => name.startsWith("failure"));
  const video = artifacts.find(({ kind, path }) => kind === "video" && path !== undefined);
  if (pictures.length === 0 && video === undefined) return null;
  return (
    <div class="card-media">
      <Thumbnail pictures={pictures} index={failure === -1 ? pictures.length - 1 : failure} />
      {video !== undefined && <FilmNearby artifact={video} />}
    </div>
  );
}
