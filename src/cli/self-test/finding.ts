/** P: one line of what the self-test found, and how it is told. */

export type Finding = {
  readonly name: string;
  /** `absent`: not on this machine and not needed by all; anything else that does not work is `broken`. */
  readonly state: "works" | "broken" | "absent";
  readonly said: string;
  /** What a person does about it. */
  readonly fix?: string;
};

const MARKS = { works: "ok  ", broken: "BAD ", absent: "--  " } as const;

/** The lines of a finding for people. */
export function findingLines({ name, state, said, fix }: Finding): string[] {
  const line = `${MARKS[state]} ${name}: ${said}`;
  return fix === undefined ? [line] : [line, `     fix: ${fix}`];
}
