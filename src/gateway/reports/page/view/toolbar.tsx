/** The filters: status with its number, text, tag, node; and the order. */

import { numberText } from "../../html/quantities.ts";
import type { TestStatus } from "../../packed/unpack.ts";
import { isFiltering, PLAIN_QUERY, type Query, SORTS, STATUSES } from "../data/query.ts";
import { filterRows, STATUS_TITLES } from "../data/select.ts";
import { usePage } from "./page-context.ts";
import { StatusMark } from "./status-mark.tsx";

const SORT_TITLES = {
  status: "Worst first",
  slowest: "Slowest first",
  name: "By name",
  suite: "As in the suites",
} as const;

export function Toolbar() {
  const { book, query, change } = usePage();
  return (
    <search class="toolbar" aria-label="Filter tests">
      <StatusFilters />
      <div class="fields">
        <input
          id="search"
          type="search"
          placeholder="Search name, suite, file, error"
          aria-label="Search name, suite, file, error"
          autocomplete="off"
          spellcheck={false}
          value={query.text}
          onInput={(event) => change({ text: event.currentTarget.value })}
          onKeyDown={leaveOnEscape}
        />
        <Choice
          label="Tag"
          all="All tags"
          names={book.tags}
          value={query.tag}
          choose={(tag) => change({ tag })}
        />
        <Choice
          label="Node"
          all="All nodes"
          names={book.nodes}
          value={query.node}
          choose={(node) => change({ node })}
        />
        <select
          aria-label="Order"
          value={query.sort}
          onChange={(event) =>
            change({ sort: SORTS[event.currentTarget.selectedIndex] ?? "status" })
          }
        >
          {SORTS.map((sort) => (
            <option key={sort} value={sort}>
              {SORT_TITLES[sort]}
            </option>
          ))}
        </select>
        <button
          type="button"
          class="toggle"
          aria-pressed={query.isGrouped}
          onClick={() => change({ isGrouped: !query.isGrouped })}
        >
          By suite
        </button>
        <Shown />
      </div>
    </search>
  );
}

function leaveOnEscape(event: KeyboardEvent & { readonly currentTarget: HTMLInputElement }): void {
  const field = event.currentTarget;
  if (event.key === "Escape" && field.value === "") field.blur();
  if (event.key !== "Enter" && event.key !== "ArrowDown") return;
  event.preventDefault();
  document.querySelector<HTMLElement>(".virtual-item a")?.focus();
}

function StatusFilters() {
  const { book, query, change } = usePage();
  const others = filterRows(book, { ...query, statuses: [] });
  const toggle = (status: TestStatus) => {
    const statuses = query.statuses.includes(status)
      ? query.statuses.filter((one) => one !== status)
      : STATUSES.filter((one) => one === status || query.statuses.includes(one));
    change({ statuses });
  };
  return (
    <fieldset class="chips">
      <legend class="unseen">Status</legend>
      <button
        type="button"
        class="chip"
        aria-pressed={query.statuses.length === 0}
        onClick={() => change({ statuses: [] })}
      >
        All <span class="count">{numberText(others.length)}</span>
      </button>
      {STATUSES.filter((status) => status !== "open" || !book.packed.isEnded).map((status) => (
        <button
          key={status}
          type="button"
          class={`chip is-${status}`}
          data-status={status}
          aria-pressed={query.statuses.includes(status)}
          onClick={() => toggle(status)}
        >
          <StatusMark status={status} />
          {STATUS_TITLES[status]}{" "}
          <span class="count">
            {numberText(others.filter((row) => row.status === status).length)}
          </span>
        </button>
      ))}
    </fieldset>
  );
}

type ChoiceProps = {
  readonly label: string;
  readonly all: string;
  readonly names: readonly string[];
  readonly value: string | undefined;
  readonly choose: (name: string | undefined) => void;
};

function Choice({ label, all, names, value, choose }: ChoiceProps) {
  if (names.length === 0 && value === undefined) return null;
  const shown = value === undefined || names.includes(value) ? names : [value, ...names];
  return (
    <select
      aria-label={label}
      value={value === undefined ? "" : String(shown.indexOf(value))}
      onChange={(event) => choose(shown[event.currentTarget.selectedIndex - 1])}
    >
      <option value="">{all}</option>
      {shown.map((name, index) => (
        <option key={name} value={String(index)}>
          {name}
        </option>
      ))}
    </select>
  );
}

function Shown() {
  const { book, query, selection, change } = usePage();
  const plain: Partial<Query> = { ...PLAIN_QUERY, sort: query.sort, isGrouped: query.isGrouped };
  const isLess = isFiltering(query);
  return (
    <p class="shown" role="status">
      {isLess && `${numberText(selection.rows.length)} of ${numberText(book.rows.length)} tests`}
      {isLess && (
        <button type="button" class="link" onClick={() => change(plain)}>
          Show all
        </button>
      )}
    </p>
  );
}
