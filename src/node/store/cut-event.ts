/** Cuts an event that is too large before it is saved, and marks what was cut (E5). Pure. */
import type { ChildStep, ChildSteps, NodeEvent } from "#proto/event.ts";

const encoder = new TextEncoder();
const sizeOf = (event: NodeEvent): number => encoder.encode(JSON.stringify(event)).length;

/** JSON escapes a character by up to 6 bytes (`\u0000`), a code unit of UTF-8 takes at most 3. */
const BYTES_PER_UNIT_MAX = 6;

/**
 * Returns the event itself when its JSON fits into `bytesMax`, else a copy whose texts are cut until it does.
 * Each cut text ends with what was cut, so that nobody takes it for the whole.
 */
export function cutEvent<Event extends NodeEvent>(event: Event, bytesMax: number): Event {
  // Most events are short: JSON is only made when the texts could be too long.
  if (unitsOf(event) * BYTES_PER_UNIT_MAX + 1024 <= bytesMax) return event;
  const bytes = sizeOf(event);
  if (bytes <= bytesMax) return event;
  const warningsMax = Math.max(1, Math.min(100, Math.floor(bytesMax / 2000)));
  for (let unitsMax = Math.floor(bytesMax / 2); unitsMax > 8; unitsMax = Math.floor(unitsMax / 2)) {
    const cut = cutTexts(event, { unitsMax, warningsMax });
    if (sizeOf(cut) <= bytesMax) return cut;
  }
  return cutTexts(event, { unitsMax: 8, warningsMax: 0 });
}

function unitsOf(event: NodeEvent): number {
  if (event.kind === "attempt_started") return 0;
  if (event.kind === "artifact_found") {
    return event.artifact.name.length + (event.artifact.missing?.length ?? 0);
  }
  const warnings = event.warnings?.reduce((sum, warning) => sum + warning.length + 4, 0) ?? 0;
  const { message = "", file = "", code = "" } = event.error ?? {};
  const inside = event.kind === "step_ended" ? unitsInside(event.children) : 0;
  return message.length + file.length + code.length + warnings + inside;
}

/** Keys and numbers of what is told of a step inside. */
const CHILD_UNITS = 300;

function unitsInside(children: ChildSteps | undefined): number {
  if (children === undefined) return 0;
  const told = children.told.reduce((sum, child) => sum + CHILD_UNITS + textsOf(child), 0);
  return (children.counted ?? []).reduce((sum, { name }) => sum + 100 + name.length, told);
}

function textsOf({ name, file = "", note = "", error, warnings = [] }: ChildStep): number {
  const said = warnings.reduce((sum, warning) => sum + warning.length + 4, 0);
  const failed = (error?.message.length ?? 0) + (error?.file?.length ?? 0);
  return name.length + file.length + note.length + said + failed;
}

type Bound = { readonly unitsMax: number; readonly warningsMax: number };

function cutTexts<Event extends NodeEvent>(event: Event, bound: Bound): Event {
  if (event.kind === "attempt_started") return event;
  if (event.kind === "artifact_found") {
    const { missing } = event.artifact;
    if (missing === undefined) return event;
    return { ...event, artifact: { ...event.artifact, missing: cutText(missing, bound.unitsMax) } };
  }
  const { error, warnings } = event;
  const children = event.kind === "step_ended" ? event.children : undefined;
  return {
    ...event,
    ...(children && { children: cutChildren(children, bound) }),
    ...(error && { error: { ...error, message: cutText(error.message, bound.unitsMax) } }),
    ...(warnings && { warnings: cutWarnings(warnings, bound) }),
  };
}

/** The last cut counts them only. */
function cutChildren({ told, counted = [] }: ChildSteps, bound: Bound): ChildSteps {
  if (bound.warningsMax === 0) {
    const all = [...told.map(({ status }) => ({ status, count: 1 })), ...counted];
    const byStatus = Map.groupBy(all, ({ status }) => status);
    const sums = [...byStatus].map(([status, some]) => ({
      name: "steps (cut: too many to name)",
      status,
      count: some.reduce((sum, { count }) => sum + count, 0),
    }));
    return { told: [], counted: sums };
  }
  const eachMax = Math.max(8, Math.floor(bound.unitsMax / Math.max(1, told.length)));
  const cut = told.map(({ warnings, note, error, ...child }) => ({
    ...child,
    name: cutText(child.name, eachMax),
    ...(note !== undefined && { note: cutText(note, eachMax) }),
    ...(warnings && { warnings: cutWarnings(warnings, { unitsMax: eachMax, warningsMax: 1 }) }),
    ...(error && { error: { ...error, message: cutText(error.message, eachMax) } }),
  }));
  return { told: cut, ...(counted.length > 0 && { counted }) };
}

function cutWarnings(warnings: readonly string[], { unitsMax, warningsMax }: Bound): string[] {
  const eachMax = Math.max(8, Math.floor(unitsMax / Math.max(1, warningsMax)));
  const kept = warnings.slice(0, warningsMax).map((warning) => cutText(warning, eachMax));
  const cutCount = warnings.length - kept.length;
  return cutCount === 0 ? kept : [...kept, `… (cut: ${cutCount} more warnings)`];
}

function cutText(text: string, unitsMax: number): string {
  if (text.length <= unitsMax) return text;
  // A half of a surrogate pair would not survive UTF-8.
  const kept = text.slice(0, unitsMax).replace(/[\ud800-\udbff]$/, "");
  return `${kept}… (cut: ${text.length - kept.length} of ${text.length} characters)`;
}
