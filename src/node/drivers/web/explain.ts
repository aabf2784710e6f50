/** The words and codes of a web step that did not come about. */
import type { Step } from "#proto/step.ts";
import { messageOf } from "#shared/errors.ts";
import { StepError } from "../driver.ts";
import { describeTime } from "../guard.ts";
import { describeAct } from "./act.ts";
import { describeLocator } from "./locate.ts";
import { explainLog, plainMessage } from "./playwright-error.ts";
import type { Scene } from "./scene.ts";

export type EndedStep = { readonly step: Step; readonly scene: Scene; readonly tookMs: number };

/** Errors of ours that say by themselves what was seen last and for how long it was tried. */
const COMPLETE_CODES: ReadonlySet<string> = new Set(["expect", "save", "timeout"]);

/** What a step that was ended by its bound was waiting for. */
export function timeoutError(
  thrown: unknown,
  ended: EndedStep & { readonly isAnswering: boolean },
): StepError {
  if (thrown instanceof StepError && COMPLETE_CODES.has(thrown.code)) return thrown;
  const time = describeTime(ended.tookMs, ended.scene.context.timeoutMs);
  const reason = ended.isAnswering ? explainLog(messageOf(thrown)) : "the page did not answer";
  const text = `${describeStep(ended.step)} was not done within ${time}`;
  return new StepError("failed", "timeout", reason === undefined ? text : `${text}: ${reason}`);
}

/** What Playwright found wrong with a step: several matches, a refused connection, no such key. */
export function explainError(thrown: unknown, step: Step): StepError {
  const message = plainMessage(messageOf(thrown));
  const count = /resolved to (\d+) elements/.exec(message)?.[1];
  if (count !== undefined) {
    const list = message.split("\n").slice(1).join("\n");
    const text = `Cannot ${describeStep(step)}: ${count} elements match (nth says which)\n${list}`;
    return new StepError("failed", "locator", text);
  }
  const code = step.kind === "goto" ? "navigation" : step.kind;
  return new StepError("failed", code, `Cannot ${describeStep(step)}: ${message}`);
}

/** What a person does to a page, which may close the tab for it. */
const CLOSING_KINDS: ReadonlySet<string> = new Set(
  "click dblclick submit press tap mouse keyDown keyUp drag drop check select".split(" "),
);

/**
 * What became of a step whose tab closed itself meanwhile, and another took its place: undefined when the tab was closed by
 * what the step did.
 */
export function tabClosed(thrown: unknown, step: Step): StepError | undefined {
  if (thrown instanceof StepError) return thrown;
  if (CLOSING_KINDS.has(step.kind)) return undefined;
  const text = `Cannot ${describeStep(step)}: the tab closed itself meanwhile`;
  return new StepError("failed", "page_closed", text);
}

/** A step that met the end of its attempt. */
export function closedError(step: Step): StepError {
  return new StepError("failed", "closed", `Cannot finish ${step.kind}: the attempt was closed`);
}

/** A step in words, without its values: `click role button "Buy"`. */
export function describeStep(step: Step): string {
  switch (step.kind) {
    case "goto":
      return `goto ${step.url}`;
    case "request":
      return `${step.method} ${step.url}`;
    case "select": {
      const wanted = step.options
        .map((option) =>
          typeof option === "object" ? `option ${option.index}` : JSON.stringify(option),
        )
        .join(", ");
      return `select ${wanted} in ${describeLocator(step.locator)}`;
    }
    case "drag":
      return `drag ${describeLocator(step.from)}${step.to.kind === "locator" ? ` to ${describeLocator(step.to.locator)}` : ""}`;
    case "tab":
      return `tab ${step.to.kind}`;
    case "download":
      return step.by.kind === "click"
        ? `download by ${describeAct({ kind: "click", locator: step.by.locator })}`
        : `download ${step.by.url}`;
    case "screenshot":
      return `screenshot ${step.name}`;
    case "record":
      return ["record", step.action, step.name].filter(Boolean).join(" ");
    case "wait":
      return step.for.kind === "locator"
        ? `wait for ${describeAct({ kind: step.for.state, locator: step.for.locator })}`
        : `wait for ${step.for.kind === "text" ? JSON.stringify(step.for.text) : step.for.kind}`;
    default:
      return describeAct({
        kind: step.kind,
        locator: "locator" in step ? step.locator : undefined,
      });
  }
}
