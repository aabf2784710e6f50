/** P: one line of what doctor or the self-test found, and how it is told. */
import type { Style } from "./screen/colour.ts";
import type { Line } from "./screen/line.ts";

export type Finding = {
  readonly name: string;
  /** `absent`: not on this machine and not needed by all; anything else that does not work is `broken`. */
  readonly state: "works" | "broken" | "absent";
  readonly said: string;
  /** What a person does about it. */
  readonly fix?: string;
};

const MARKS: Readonly<Record<Finding["state"], { readonly text: string; readonly style: Style }>> =
  {
    works: { text: "ok  ", style: "good" },
    broken: { text: "BAD ", style: "bad" },
    absent: { text: "--  ", style: "dim" },
  };

/** The lines of a finding for people. */
export function findingLines({ name, state, said, fix }: Finding): Line[] {
  const line: Line = [MARKS[state], ` ${name}: ${said}`];
  return fix === undefined ? [line] : [line, [`     fix: ${fix}`]];
}
