/**
 * Takes values that look like secrets out of what is imported: each becomes `${secrets.NAME}`, its literal is kept here
 * only, so that it can be left out of everything that is written or said. One value has one name.
 */
import type { Json } from "#proto/matcher.ts";
import type { Entries } from "./imported.ts";

/** Names of fields that hold what nobody else may know. */
const SECRET_FIELD =
  /pass(word|wort|phrase|code|wd)?\b|passw|kennwort|contrase|mot de passe|\bpin\b|\bcvv\b|\bcvc\b|secret|token|api.?key|\botp\b|one.?time code/i;
/** Shorter ones are found in any text: to cut them out would harm more than it hides. */
const HIDDEN_LENGTH_MIN = 4;
/** Shorter ones stand in longer texts by chance. */
const TELLING_LENGTH_MIN = 6;
const NAME_LENGTH_MAX = 60;

/** Whether a field of that label, name or selector takes a secret. */
export function isSecretField(words: string): boolean {
  return SECRET_FIELD.test(words.replaceAll(/[_-]+/g, " ").replaceAll(/([a-z])([A-Z])/g, "$1 $2"));
}

/** A value that was left out, and the name of its secret. */
export type Hidden = { readonly value: string; readonly name: string };

/** A text for people without the values. */
export function withoutValues(text: string, hidden: readonly Hidden[]): string {
  return hidden
    .filter(({ value }) => value.length >= HIDDEN_LENGTH_MIN)
    .reduce((current, { value }) => current.replaceAll(value, "•••"), text);
}

/** A step in which the values stand as references, also within longer texts; a plain word there is not taken for a secret. */
export function withReferences(entries: Entries, hidden: readonly Hidden[]): Entries {
  const telling = hidden.filter(
    ({ value }) => value.length >= TELLING_LENGTH_MIN && /[^\p{L}]/u.test(value),
  );
  if (telling.length === 0) return entries;
  const replace = (value: Json): Json => {
    if (typeof value === "string")
      return telling.reduce(
        (text, one) => text.replaceAll(one.value, () => `\${secrets.${one.name}}`),
        value,
      );
    if (value === null || typeof value !== "object") return value;
    if (Array.isArray(value)) return value.map(replace);
    return mapEntries(value as Entries, replace);
  };
  return mapEntries(entries, replace);
}

const mapEntries = (entries: Entries, replace: (value: Json) => Json): Entries =>
  Object.fromEntries(Object.entries(entries).map(([key, value]) => [key, replace(value)]));

/** The secrets of one file. */
export class SecretBook {
  readonly #names = new Map<string, string>();
  readonly #declared = new Set<string>();

  /** The reference that stands for a value; `words` is what its field is called. */
  hide(value: string, words: string): string {
    const known = this.#names.get(value);
    if (known !== undefined) return `\${secrets.${known}}`;
    const name = this.#freeName(nameFrom(words));
    this.#names.set(value, name);
    this.#declared.add(name);
    return `\${secrets.${name}}`;
  }

  /** Declares a secret whose value the file does not hold, such as one of the environment. */
  declare(name: string): string {
    this.#declared.add(name);
    return `\${secrets.${name}}`;
  }

  /** The reference of a value that was hidden before, wherever it stands again. */
  known(value: string): string | undefined {
    const name = this.#names.get(value);
    return name === undefined ? undefined : `\${secrets.${name}}`;
  }

  get names(): readonly string[] {
    return [...this.#declared];
  }

  /** Values that were left out, with their names. */
  get hidden(): readonly Hidden[] {
    return [...this.#names].map(([value, name]) => ({ value, name }));
  }

  #freeName(wanted: string): string {
    for (let number = 1; ; number += 1) {
      const name = number === 1 ? wanted : `${wanted}_${number}`;
      if (!this.#declared.has(name)) return name;
    }
  }
}

/** Of a selector only the part that says it: `PASSWORD` of `[data-test="password"]`. */
function nameFrom(words: string): string {
  const tokens = /[#.[\]=/@>]/.test(words) ? words.split(/[^\w-]+/) : [];
  const plain = (tokens.find(isSecretField) ?? words)
    .normalize("NFKD")
    .replaceAll(/[^A-Za-z0-9]+/g, "_")
    .replaceAll(/^_+|_+$/g, "")
    .slice(0, NAME_LENGTH_MAX)
    .toUpperCase();
  return /^[A-Z]/.test(plain) ? plain : "PASSWORD";
}
