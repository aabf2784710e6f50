/** Cuts an event that is too large before it is saved, and marks what was cut (E5). Pure. */
import type { NodeEvent } from "#proto/event.ts";

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
  return message.length + file.length + code.length + warnings;
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
  return {
    ...event,
    ...(error && { error: { ...error, message: cutText(error.message, bound.unitsMax) } }),
    ...(warnings && { warnings: cutWarnings(warnings, bound) }),
  };
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
