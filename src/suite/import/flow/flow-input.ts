/** Commands of flows that type into what has the focus, or take away what stands there. */
import type { Located } from "../../reading/located.ts";
import type { Entries } from "../imported.ts";
import { isSecretField } from "../secret-book.ts";
import { Untranslated } from "../untranslated.ts";
import type { FlowCommand } from "./flow-command.ts";
import { entryIn, numberIn } from "./flow-selector.ts";
import { addStep, type FlowWalk, flowText } from "./flow-walk.ts";

/** What has the focus. */
const FOCUSED: Entries = { css: ":focus" };
/** `inputText`. */
export function inputText(walk: FlowWalk, { args, carried }: FlowCommand): void {
  const written = flowText(walk, entryIn(args, "text") ?? args, "the text");
  typeText(walk, valueOrSecret(walk, args, written), carried);
}

/** Types a text of the suite. */
export function typeText(walk: FlowWalk, value: string, carried: Entries): void {
  addStep(walk, { type: { ...FOCUSED, value } }, carried);
}

/** A literal for a field that takes a secret is left out of the suite. */
function valueOrSecret(walk: FlowWalk, at: Located, written: string): string {
  const { book } = walk.recorder;
  const known = book.secrets.known(written);
  if (known !== undefined) return known;
  if (written === "" || written.includes("${") || !isSecretField(walk.tapped)) return written;
  const reference = book.secrets.hide(written, walk.tapped);
  const { line, column } = at;
  const text = `the value of ${walk.tapped} is left out as a secret: set ${reference.slice(10, -1)} in the environment of the run`;
  book.tellAdvice({ line, column, text });
  return reference;
}

const RANDOM: Readonly<
  Record<"text" | "number" | "email" | "name" | "city", (length: number) => string>
> = {
  text: (length) =>
    `Array.from({ length: ${length} }, () => "abcdefghijklmnopqrstuvwxyz".charAt(Math.random() * 26)).join("")`,
  number: (length) =>
    `Array.from({ length: ${length} }, () => Math.floor(Math.random() * 10)).join("")`,
  email: () => `"person" + Math.random().toString(36).slice(2, 12) + "@example.com"`,
  name: () =>
    `["Ada", "Ben", "Cleo", "Dan", "Eva"].at(Math.random() * 5) + " " + ["Kim", "Roe", "Lund", "Moss"].at(Math.random() * 4)`,
  city: () => `["Berlin", "Lima", "Oslo", "Pune", "Turin"].at(Math.random() * 5)`,
};
const RANDOM_LENGTH = 8;
const RANDOM_LENGTH_MAX = 1_000;

/** `inputRandomText` and its like: made in the page, saved, typed. */
export function inputRandom(
  walk: FlowWalk,
  kind: keyof typeof RANDOM,
  { args, carried }: FlowCommand,
): void {
  const node = entryIn(args, "length");
  const length = node === undefined ? RANDOM_LENGTH : numberIn(walk, node, "length");
  if (length < 1 || length > RANDOM_LENGTH_MAX)
    throw new Untranslated("the length is out of bounds");
  const key = walk.recorder.book.freshKey("random");
  addStep(walk, { eval: { js: RANDOM[kind](Math.floor(length)), save: key } });
  typeText(walk, `\${saved.${key}}`, carried);
}

/** Maestro takes away fifty characters unless it is told how many. */
const ERASED_DEFAULT = 50;

/** `eraseText`. */
export function eraseText(walk: FlowWalk, { args, carried }: FlowCommand): void {
  const given = entryIn(args, "charactersToErase") ?? args;
  const isBare = given.kind !== "scalar" || given.value === null;
  const count = isBare ? ERASED_DEFAULT : numberIn(walk, given, "how many characters");
  if (count >= ERASED_DEFAULT) return addStep(walk, { fill: { ...FOCUSED, value: "" } }, carried);
  addStep(walk, { press: "End" });
  addStep(walk, { repeat: count, steps: [{ press: "Backspace" }] }, carried);
}
