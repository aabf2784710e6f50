/** The steps inside a step: open where one of them failed, else to be opened. */
import { countText, durationText } from "../../html/quantities.ts";
import type { PageChild, PageCount, PageStep } from "../../packed/unpack.ts";
import { ErrorBox, placeText } from "./error-box.tsx";
import { StatusMark } from "./status-mark.tsx";

export type ChildrenProps = {
  readonly step: PageStep;
  /** The test's. */
  readonly file: string;
  /** The message that is shown above all steps: it is not told twice. */
  readonly told: string | undefined;
};

export function Children({ step, file, told }: ChildrenProps) {
  const { children, counted, error } = step;
  if (children.length + counted.length === 0) return null;
  const more = counted.reduce((sum, { count }) => sum + count, 0);
  const isWrong = children.some(({ status }) => status === "failed" || status === "lost");
  const said = new Set([told, error?.message]);
  return (
    <details class="step-inside" open={isWrong}>
      <summary>{countText(children.length + more, "step")} inside</summary>
      <ol class="inside">
        {children.map((child, index) => (
          <Child key={`${index} ${child.name}`} child={child} file={file} said={said} />
        ))}
        {counted.map((one) => (
          <Counted key={`${one.status} ${one.name}`} one={one} />
        ))}
      </ol>
    </details>
  );
}

type ChildProps = {
  readonly child: PageChild;
  readonly file: string;
  /** Messages that stand elsewhere already. */
  readonly said: ReadonlySet<string | undefined>;
};

function Child({ child, file, said }: ChildProps) {
  const { name, status, line, error, note, iteration, block } = child;
  const where = placeText({ file: child.file ?? file, line });
  return (
    <li class={`inside-step is-${status}`} style={{ marginLeft: `${16 * child.depth}px` }}>
      <div class="inside-line">
        <StatusMark status={status} label={status} />
        <span class="step-name">
          {name}
          <span class="step-place" title={where}>
            <span class="unseen">line </span>
            {child.file === undefined ? `:${line}` : where}
          </span>
          {iteration !== undefined && <span class="step-phase">round {iteration}</span>}
          {block !== undefined && <span class="step-phase">{block}</span>}
          {child.isOptional && <span class="step-phase">optional</span>}
          {child.isSoft && <span class="step-phase">soft</span>}
        </span>
        <span class="step-time">
          {status === "skipped" ? "not reached" : durationText(child.durationMs)}
        </span>
      </div>
      {note !== undefined && <p class="step-note">{note}</p>}
      {child.warnings.map((warning) => (
        <p key={warning} class="step-note is-warning">
          {warning}
        </p>
      ))}
      {error !== undefined && !isSaid(error.message, said) && (
        <div class="step-error">
          <ErrorBox error={error} />
        </div>
      )}
    </li>
  );
}

/** What holds a step repeats its message, in a loop with the round behind it. */
function isSaid(message: string, said: ReadonlySet<string | undefined>): boolean {
  return [...said].some((one) => one === message || one?.startsWith(`${message}\n(in `) === true);
}

function Counted({ one }: { readonly one: PageCount }) {
  return (
    <li class={`inside-step is-${one.status}`}>
      <div class="inside-line">
        <StatusMark status={one.status} label={one.status} />
        <span class="step-name">
          {one.name}
          <span class="step-phase">{one.count} more times</span>
        </span>
      </div>
    </li>
  );
}
