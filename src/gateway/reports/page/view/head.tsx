/** The head: the verdict in one sentence, how the tests divide, when, how long and where it ran. */
import type { ComponentChildren } from "preact";
import { countText, durationText } from "../../html/quantities.ts";
import { runReason, verdictSentence } from "../../html/verdict-sentence.ts";
import type { Book } from "../data/book.ts";
import { STATUSES } from "../data/query.ts";
import { STATUS_TITLES } from "../data/select.ts";
import { MiniTimeline } from "./mini-timeline.tsx";
import { usePage } from "./page-context.ts";
import { StatusMark } from "./status-mark.tsx";

const MARKS = { Passed: "passed", Failed: "failed", Incomplete: "lost", Running: "open" } as const;

export function Head() {
  const { book } = usePage();
  const { packed } = book;
  const figures = { ...packed, nodeCount: packed.nodes.length };
  const { verdict, rest } = verdictSentence(figures);
  const reason = runReason(figures);
  return (
    <header class="head">
      <h1 class={`verdict is-${MARKS[verdict]}`}>
        <StatusMark status={MARKS[verdict]} />
        <span>
          <b>{verdict}:</b> {rest}
        </span>
      </h1>
      {reason !== undefined && <p class="run-reason">{reason}</p>}
      <Share book={book} />
      <div class="head-more">
        <div>
          <dl class="facts">
            <Fact name="Started">
              <Moment at={packed.run.startedAt} />
            </Fact>
            <Fact name={packed.isEnded ? "Took" : "For"}>
              {durationText(packed.run.durationMs)}
            </Fact>
            <Fact name="Planned">{countText(packed.totals.planned, "test")}</Fact>
            <Fact name="Run">
              <span class="code">{packed.run.id}</span>
            </Fact>
          </dl>
          <Nodes book={book} />
        </div>
        <MiniTimeline />
      </div>
    </header>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** A bar of all tests by status; the numbers are on the filters below. */
function Share({ book }: { book: Book }) {
  const counts = STATUSES.map((status) => ({
    status,
    count: book.rows.filter((row) => row.status === status).length,
  })).filter(({ count }) => count > 0);
  const words = counts.map(
    ({ status, count }) => `${count} ${STATUS_TITLES[status].toLowerCase()}`,
  );
  return (
    <div class="share" role="img" aria-label={words.join(", ") || "no tests"}>
      {counts.map(({ status, count }) => (
        <span key={status} class={`share-part is-${status}`} style={{ flexGrow: count }} />
      ))}
    </div>
  );
}

function Moment({ at }: { at: string }) {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return <>{at === "" ? "unknown" : at}</>;
  const text = date.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
  return (
    <time dateTime={at} title={at}>
      {text}
    </time>
  );
}

function Nodes({ book }: { book: Book }) {
  const { nodes } = book.packed;
  if (nodes.length === 0) return null;
  return (
    <details class="nodes">
      <summary>
        {countText(nodes.length, "node")}
        <span class="nodes-names">{namesText(nodes.map(({ name }) => name))}</span>
      </summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls sideways on a narrow screen */}
      <section class="table-box" tabIndex={0} aria-label="Nodes" data-scrolls>
        <table>
          <thead>
            <tr>
              <th scope="col">Node</th>
              <th scope="col">Platform</th>
              <th scope="col">Slots</th>
              <th scope="col">Browsers</th>
              <th scope="col">Labels</th>
              <th scope="col">Version</th>
            </tr>
          </thead>
          <tbody>
            {nodes.map((node) => (
              <tr key={node.id}>
                <th scope="row">{node.name}</th>
                <td>{node.platform}</td>
                <td>{node.slots}</td>
                <td>{node.browsers.join(", ") || "none"}</td>
                <td>{node.labels.join(", ") || "none"}</td>
                <td>{node.version}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </details>
  );
}

const NAMES_MAX = 8;

function namesText(names: readonly string[]): string {
  const more = names.length - NAMES_MAX;
  const shown = names.slice(0, NAMES_MAX).join(", ");
  return more > 0 ? `${shown} and ${more} more` : shown;
}
