/** P: a step inside a step in one line, for reports that are text. */
import type { ChildStep } from "#proto/event.ts";

/** `click #save (round 3, catch, optional): Expected …` */
export function childText(child: ChildStep): string {
  const { name, iteration, block, optional, soft, error, note } = child;
  const facts = [
    iteration === undefined ? undefined : `round ${iteration}`,
    block,
    optional === true ? "optional" : undefined,
    soft === true ? "soft" : undefined,
  ].filter((fact) => fact !== undefined);
  const where = facts.length === 0 ? "" : ` (${facts.join(", ")})`;
  const said = error?.message ?? note;
  return `${name}${where}${said === undefined ? "" : `: ${said.split("\n", 1)[0]}`}`;
}
