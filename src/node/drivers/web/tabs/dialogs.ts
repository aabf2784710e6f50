/**
 * The dialogs of an attempt's pages: alert, confirm, prompt, and the question before a page is left. Each gets the answer that
 * a step has prepared for it; without one it is dismissed and shown as a warning (a page that asks to stay is left).
 */
import type { Dialog } from "playwright-core";
import type { Step } from "#proto/step.ts";
import { type StepContext, StepError } from "../../driver.ts";
import { checkMatcher, showValue } from "../../matcher.ts";

type DialogStep = Extract<Step, { kind: "dialog" }>;

export type DialogsParts = {
  readonly note: (line: string) => void;
  readonly warn: (text: string) => void;
};

type Prepared = { readonly step: DialogStep; readonly met: () => void };

const PREPARED_MAX = 100;

export class Dialogs {
  readonly #parts: DialogsParts;
  readonly #prepared: Prepared[] = [];
  #fault: StepError | undefined;

  constructor(parts: DialogsParts) {
    this.#parts = parts;
  }

  /** Prepares the answer to the next dialog that has none; that it comes is owed from then on. */
  prepare(step: DialogStep, context: StepContext): void {
    if (this.#prepared.length >= PREPARED_MAX) {
      const text = `Cannot prepare an answer: ${PREPARED_MAX} dialogs are waited for already`;
      throw new StepError("failed", "dialog", text);
    }
    const met = context.owe?.("dialog", "The dialog that it prepares an answer for never came");
    this.#prepared.push({ step, met: met ?? (() => undefined) });
  }

  /** Answers a dialog at once: the page waits for it. */
  readonly answer = (dialog: Dialog): void => {
    const prepared = this.#prepared.shift();
    prepared?.met();
    const isAccepted =
      prepared === undefined ? isQuestionOnLeaving(dialog) : this.#judge(dialog, prepared);
    const done = isAccepted ? "Accepted" : "Dismissed";
    const text = `${done} a dialog (${dialog.type()}): ${JSON.stringify(dialog.message())}`;
    this.#parts.note(`[dialog] ${text}`);
    if (prepared === undefined) this.#parts.warn(text);
    const answered = isAccepted ? dialog.accept(prepared?.step.text) : dialog.dismiss();
    // A page that went away took its dialog along.
    answered.catch(() => undefined);
  };

  /** What was wrong with a dialog since the last call. */
  takeFault(): StepError | undefined {
    const fault = this.#fault;
    this.#fault = undefined;
    return fault;
  }

  /** One that says something else than was expected is dismissed, and fails the step that it came in. */
  #judge(dialog: Dialog, { step }: Prepared): boolean {
    const { matcher } = step;
    const result = matcher && checkMatcher(matcher, dialog.message(), { asText: true });
    if (result === undefined || result.ok) return step.answer === "accept";
    const seen = showValue(dialog.message());
    const text = `Expected the message of the dialog (${dialog.type()}) ${result.text}, got ${seen}`;
    this.#fault ??= new StepError("failed", "dialog", text);
    return false;
  }
}

/** Dismissed, it would break off whatever leads away from the page. */
const isQuestionOnLeaving = (dialog: Dialog): boolean => dialog.type() === "beforeunload";
