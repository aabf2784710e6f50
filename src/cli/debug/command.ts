/** P: what is typed where an attempt stands. */
import { closest } from "fastest-levenshtein";

export type DebugCommand =
  | { readonly kind: "step" }
  | { readonly kind: "continue" }
  | { readonly kind: "retry" }
  | { readonly kind: "list" }
  | { readonly kind: "url" }
  | { readonly kind: "quit" }
  | { readonly kind: "help" }
  | { readonly kind: "try"; readonly text: string }
  | { readonly kind: "eval"; readonly text: string }
  | { readonly kind: "screenshot"; readonly name: string }
  | { readonly kind: "nothing" }
  | { readonly kind: "unknown"; readonly reason: string };

const WORDS = new Map<string, Exclude<DebugCommand["kind"], "nothing" | "unknown">>([
  ["s", "step"],
  ["step", "step"],
  ["c", "continue"],
  ["continue", "continue"],
  ["r", "retry"],
  ["retry", "retry"],
  ["l", "list"],
  ["list", "list"],
  ["t", "try"],
  ["try", "try"],
  ["p", "try"],
  ["pick", "try"],
  ["e", "eval"],
  ["eval", "eval"],
  ["screenshot", "screenshot"],
  ["url", "url"],
  ["q", "quit"],
  ["quit", "quit"],
  ["h", "help"],
  ["help", "help"],
  ["?", "help"],
]);

/** Shown by `help`. */
export const HELP = [
  "s  step         perform this step, and stop at the next one",
  "c  continue     run on to the end, or to the next failure",
  "r  retry        perform the step that failed again",
  "l  list         the steps of the test",
  "t  try LOCATOR  what it finds: #id, text=Buy, role=button[name=Buy], { label: E-mail }",
  "e  eval JS      the value of an expression in the page",
  "   screenshot [NAME], url",
  "q  quit         cancel the run",
];

/** Reads one line. */
export function readCommand(line: string): DebugCommand {
  const [, word = "", rest = ""] = /^\s*(\S+)\s*(.*?)\s*$/.exec(line) ?? [];
  if (word === "") return { kind: "nothing" };
  const kind = WORDS.get(word);
  if (kind === undefined) {
    const near = closest(word.slice(0, 100), [...WORDS.keys()]);
    return {
      kind: "unknown",
      reason: `unknown command "${word}": did you mean "${near}"? h shows all`,
    };
  }
  if (kind === "screenshot") return { kind, name: rest };
  if (kind !== "try" && kind !== "eval") return { kind };
  if (rest !== "") return { kind, text: rest };
  const missing = kind === "try" ? "a locator such as role=button[name=Buy]" : "JavaScript";
  return { kind: "unknown", reason: `${kind} needs ${missing}` };
}
