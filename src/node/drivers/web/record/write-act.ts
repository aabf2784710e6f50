/** P: what a person did with an element, as a step in the words of suites. */
import type { Json, Locator } from "#proto/matcher.ts";
import { escapeTemplate } from "#shared/template.ts";
import { writeLocator } from "./choose-locator.ts";
import type { RecordedStep } from "./fold-steps.ts";
import type { ActSignal } from "./signals.ts";

export type Acted = {
  readonly signal: ActSignal;
  readonly locator: Locator;
  /** Of the field, when it is one. */
  readonly secret: string | undefined;
  /** Names of the files, as they lie beside the suite. */
  readonly files: readonly string[];
  /** Whether the step before was about this element, so that it has the focus. */
  readonly hasFocus: boolean;
};

/** Writes the step. */
export function writeAct(acted: Acted): Pick<RecordedStep, "verb" | "args"> {
  const { signal, locator, secret, files } = acted;
  const found = writeLocator(locator);
  switch (signal.kind) {
    case "click":
      return { verb: "click", args: { ...found, ...clickArgs(signal) } };
    case "dblclick":
      return { verb: "dblclick", args: found };
    case "check":
      return { verb: signal.isChecked ? "check" : "uncheck", args: found };
    case "fill":
      return { verb: "fill", args: { ...found, value: escapeTemplate(signal.value) } };
    case "secret":
      return { verb: "fill", args: { ...found, value: `\${secrets.${secret}}` } };
    case "press":
      return {
        verb: "press",
        args: acted.hasFocus ? signal.key : { ...found, key: signal.key },
      };
    case "select":
      return { verb: "select", args: { ...found, option: optionsOf(signal.options) } };
    case "upload":
      return { verb: "upload", args: { ...found, files: [...files] } };
    case "expect":
      return { verb: "expect", args: demandOf(signal, locator) };
  }
}

function clickArgs({ button, modifiers, position }: Extract<ActSignal, { kind: "click" }>) {
  return {
    ...(button !== "left" && { button }),
    ...(modifiers.length > 0 && { modifiers: [...modifiers] }),
    ...(position !== undefined && { position }),
  };
}

function optionsOf(options: readonly string[]): Json {
  const [only, ...others] = options.map(escapeTemplate);
  return only !== undefined && others.length === 0 ? only : options.map(escapeTemplate);
}

function demandOf(signal: Extract<ActSignal, { kind: "expect" }>, locator: Locator): Json {
  const found = writeLocator(locator);
  if (signal.isChecked !== undefined)
    return { [signal.isChecked ? "checked" : "unchecked"]: found };
  if (signal.value !== undefined) return { value: found, equals: escapeTemplate(signal.value) };
  // What is found by its text has that text.
  const isNamed = locator.by === "text" || locator.name === signal.text;
  if (signal.text === undefined || isNamed) return { visible: found };
  return { text: found, equals: escapeTemplate(signal.text) };
}

/** The name of a secret after its field: `E-mail password` is E_MAIL_PASSWORD. */
export function secretName(field: string): string {
  const name = field
    .normalize("NFKD")
    .replaceAll(/[^A-Za-z0-9]+/g, "_")
    .replace(/^[_\d]+|_+$/g, "")
    .toUpperCase()
    .slice(0, 60);
  return name === "" ? "SECRET" : name;
}
