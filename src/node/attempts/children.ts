/**
 * What became of the steps inside one step, for its event: told one by one in the order in which they began, as long as
 * there is room, then only counted by name. A few places are kept for what goes wrong late in a long loop.
 */
import { CHILDREN_MAX, type ChildCount, type ChildStep, type ChildSteps } from "#proto/event.ts";

/** Places that only what did not pass may take. */
const RESERVED = 20;
/** All texts together; a step that comes later is counted. */
const CHARACTERS_MAX = 48_000;
const NAME_LENGTH_MAX = 200;
const ERROR_LENGTH_MAX = 2_000;
const WARNINGS_MAX = 5;
const WARNING_LENGTH_MAX = 300;
/** Different names that are counted; the rest is counted together. */
const NAMES_MAX = 100;
const OTHERS = "other steps";

/** A step that has begun; its place among the told, when it has one. */
export type Begun = { readonly order: number; isPlaced: boolean; child?: ChildStep };

export class Children {
  readonly #told: Begun[] = [];
  readonly #counts = new Map<string, ChildCount>();
  #nextOrder = 0;
  #characters = 0;

  /** Keeps the place of a step that begins. */
  begin(): Begun {
    const order = this.#nextOrder;
    this.#nextOrder += 1;
    const isPlaced =
      this.#told.length < CHILDREN_MAX - RESERVED && this.#characters < CHARACTERS_MAX;
    const begun: Begun = { order, isPlaced };
    if (isPlaced) this.#told.push(begun);
    return begun;
  }

  /** Takes down what became of it; where there is no room it is counted under `countName`, by default its name. */
  end(begun: Begun, outcome: ChildStep, countName = outcome.name): void {
    const child = bounded(outcome);
    const isTrouble = child.status === "failed" || child.status === "lost";
    if (!begun.isPlaced && isTrouble && this.#told.length < CHILDREN_MAX) {
      begun.isPlaced = true;
      this.#told.push(begun);
    }
    if (!begun.isPlaced) return this.#count({ ...child, name: short(countName, NAME_LENGTH_MAX) });
    begun.child = child;
    this.#characters += lengthOf(child);
  }

  /** Undefined when nothing inside was begun. */
  result(): ChildSteps | undefined {
    const told = this.#told
      .toSorted((a, b) => a.order - b.order)
      .flatMap(({ child }) => child ?? []);
    const counted = [...this.#counts.values()];
    if (told.length === 0 && counted.length === 0) return undefined;
    return { told, ...(counted.length > 0 && { counted }) };
  }

  #count({ name, status }: ChildStep): void {
    const isKnown = this.#counts.has(keyOf(name, status));
    const shown = isKnown || this.#counts.size < NAMES_MAX ? name : OTHERS;
    const key = keyOf(shown, status);
    const count = (this.#counts.get(key)?.count ?? 0) + 1;
    this.#counts.set(key, { name: shown, status, count });
  }
}

const keyOf = (name: string, status: ChildStep["status"]): string => `${status} ${name}`;

function bounded(child: ChildStep): ChildStep {
  const { error, warnings, note } = child;
  return {
    ...child,
    name: short(child.name, NAME_LENGTH_MAX),
    ...(note !== undefined && { note: short(note, WARNING_LENGTH_MAX) }),
    ...(error && { error: { ...error, message: short(error.message, ERROR_LENGTH_MAX) } }),
    ...(warnings && { warnings: fewWarnings(warnings) }),
  };
}

function fewWarnings(warnings: readonly string[]): string[] {
  const kept = warnings.slice(0, WARNINGS_MAX).map((text) => short(text, WARNING_LENGTH_MAX));
  const left = warnings.length - kept.length;
  return left === 0 ? kept : [...kept, `… and ${left} more`];
}

function short(text: string, lengthMax: number): string {
  // A half of a surrogate pair would not survive UTF-8.
  return text.length <= lengthMax
    ? text
    : `${text.slice(0, lengthMax - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}

function lengthOf({ name, note = "", error, warnings = [] }: ChildStep): number {
  const said = warnings.reduce((sum, text) => sum + text.length, 0);
  return name.length + note.length + said + (error?.message.length ?? 0);
}
