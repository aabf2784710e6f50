/** P: the one place that decides whether a stream gets colour, and what the colours are. */

/** What a person said on the command line. */
export type ColourChoice = "auto" | "always" | "never";

export type ColourInput = {
  readonly choice: ColourChoice;
  readonly isTerminal: boolean;
  /** TERM; absent everywhere but on Windows means a terminal that promises nothing. */
  readonly term: string | undefined;
  /** NO_COLOR (no-color.org): any text but an empty one. */
  readonly noColour: string | undefined;
  /** FORCE_COLOR: any text but an empty one, `0` and `false`. */
  readonly forceColour: string | undefined;
};

/** The flag first, then NO_COLOR, then FORCE_COLOR; without a word of anybody colour is for capable terminals only. */
export function decideColour(input: ColourInput): boolean {
  if (input.choice !== "auto") return input.choice === "always";
  if (isSaid(input.noColour)) return false;
  if (isSaid(input.forceColour)) return input.forceColour !== "0" && input.forceColour !== "false";
  return input.isTerminal && isCapable(input.term);
}

/** Whether the terminal obeys escape sequences at all. */
export function isCapable(term: string | undefined): boolean {
  return isSaid(term) && term !== "dumb";
}

function isSaid(value: string | undefined): boolean {
  return value !== undefined && value !== "";
}

/** What a piece of text means; its colour only underlines what its words say. */
export type Style = "good" | "bad" | "warning" | "lost" | "dim" | "strong";

/** Set Graphic Rendition parameters (ECMA-48, 8.3.117); the sixteen colours follow the person's own theme. */
const PARAMETERS: Readonly<Record<Style, string>> = {
  good: "32",
  bad: "31;1",
  warning: "33",
  lost: "35;1",
  dim: "2",
  strong: "1",
};

/** Text in its style; it must be inert. */
export function painted(text: string, style: Style): string {
  return `\u001b[${PARAMETERS[style]}m${text}\u001b[0m`;
}
