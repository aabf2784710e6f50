/** A step inside another one: where it stands, and how it, or a condition around it, is told. */
import type { Json } from "#proto/matcher.ts";
import type { Condition } from "#proto/steps/flow.ts";
import type { PlannedStep } from "#proto/test.ts";
import { reachInto, scanTemplate, textOf } from "#shared/template.ts";
import type { Begun, Children } from "./children.ts";
import { type Look, lateVerdict, lookAt, type Running, type Trouble } from "./perform-step.ts";

export type Nest = Running & {
  readonly children: Children;
  /** Levels of steps around it. */
  readonly depth: number;
  /** Which round of the loop around it, from 1. */
  readonly iteration?: number;
};

/** Tells a step that was not reached. */
export function tellSkipped(nest: Nest, planned: PlannedStep, block: string): void {
  const { children } = nest;
  const child = childOf(nest, planned, block);
  const outcome = { ...child, status: "skipped" as const, durationMs: 0 };
  children.end(children.begin(), outcome, planned.name);
}

/** What is told of a step inside before anything is known of its end. */
export function childOf(
  { attempt, depth, iteration, names }: Nest,
  planned: PlannedStep,
  block: string,
) {
  const { kind, line, column, file, optional } = planned;
  return {
    name: attempt.redactor.text(nameIn(names, planned.name)),
    kind,
    line,
    column,
    ...(depth > 0 && { depth }),
    ...(block !== "steps" && { block }),
    ...(iteration !== undefined && { iteration }),
    ...(file !== undefined && { file }),
    ...(optional === true && { optional }),
  };
}

/** A step's name with what the loops around it give: `click text "${item}"` is another one in each round. */
function nameIn(names: Nest["names"], name: string): string {
  if (!name.includes("${")) return name;
  const parts = scanTemplate(name).map((part) => {
    if (part.kind === "text") return part.text;
    const isOfLoop = part.kind === "reference" && Object.hasOwn(names, part.scope);
    const value = isOfLoop ? reachInto(names[part.scope] ?? null, part.path) : undefined;
    return value === undefined ? part.source : textOf(value);
  });
  return parts.join("");
}

type Asked = { readonly condition: Condition; readonly word: string };

/** Looks at a condition and tells what was found. */
export async function lookTold(
  nest: Nest,
  planned: PlannedStep,
  { condition, word }: Asked,
): Promise<Look | Trouble> {
  const { attempt, phase, children } = nest;
  if (attempt.endReason() !== undefined) return { kind: "ended" };
  if (phase.isLate()) return lateVerdict(nest, planned);
  const begun: Begun = children.begin();
  const startMs = attempt.clock.monotonicMs();
  const look = await lookAt(nest, planned, condition);
  if (look.kind === "ended") return look;
  const isAnswered = look.kind === "held" || look.kind === "missed";
  const said = look.kind === "held" ? "yes" : "no";
  children.end(begun, {
    ...childOf(nest, planned, "steps"),
    name: attempt.redactor.text(`${word} ${condition.text}${isAnswered ? `: ${said}` : ""}`),
    kind: "condition",
    status: isAnswered ? "passed" : look.kind,
    durationMs: attempt.clock.monotonicMs() - startMs,
    ...(look.kind === "missed" && { note: firstLine(look.seen) }),
    ...(!isAnswered && { error: look.failure }),
  });
  return look;
}

/** A text up to its first line end. */
export const firstLine = (text: string): string => text.split("\n", 1)[0] ?? "";

const SHORT_LENGTH_MAX = 80;
/** A value for a message. */
export function shortText(value: Json): string {
  const text = firstLine(typeof value === "string" ? JSON.stringify(value) : textOf(value));
  return text.length > SHORT_LENGTH_MAX ? `${text.slice(0, SHORT_LENGTH_MAX - 1)}…` : text;
}
