/** Whether a test has a step of a verb anywhere: of its own, around another one, or inside one. */
import type { PlannedStep } from "#proto/test.ts";

/** True when one of the steps, however deep inside, performs this verb. */
export function usesVerb(steps: readonly PlannedStep[], verb: string): boolean {
  return steps.some(({ kind, verb: performed = kind, around, blocks }) => {
    const parts = [...(around?.before ?? []), ...(around?.after ?? [])];
    if (performed === verb || parts.some((part) => part.verb === verb)) return true;
    return Object.values(blocks ?? {}).some((inner) => usesVerb(inner, verb));
  });
}
