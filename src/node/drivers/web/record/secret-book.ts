/** What a recording keeps out of its file: passwords that were learned, values that look like tokens; and their names. */
import { createRedactor } from "#shared/redactor.ts";
import { escapeTemplate } from "#shared/template.ts";
import { looksRandom, openUrl } from "./open-url.ts";
import type { ActSignal } from "./signals.ts";
import { secretName } from "./write-act.ts";

/** Shorter values cannot be told from other text. */
const LENGTH_MIN = 4;

export class SecretBook {
  /** Learns what stands in password fields; in memory alone. */
  readonly redactor = createRedactor({});
  /** By what they are of. */
  readonly #names = new Map<string, string>();

  /** Of a field that is perhaps still typed into: its beginnings are no secrets. */
  #typed = { field: "", value: "" };

  /** Learns what was typed into a field for secrets, once something else is done. */
  heed(signal: ActSignal): void {
    const field = `${signal.document} ${signal.id}`;
    const value = signal.kind === "secret" ? signal.value : "";
    const isOver = value === "" || field !== this.#typed.field;
    if (isOver && this.#typed.value.length >= LENGTH_MIN) this.redactor.learn(this.#typed.value);
    this.#typed = { field, value };
  }

  /** Names of the secrets that the steps refer to. */
  names(): readonly string[] {
    return [...new Set(this.#names.values())];
  }

  /** Whether a text may stand in the file. */
  readonly isOpen = (text: string): boolean =>
    this.redactor.text(text) === text && !text.split(/\s+/).some(looksRandom);

  /** An address as it may stand there. */
  openUrl(href: string, base: string): string {
    const { text, secrets } = openUrl(href, base);
    for (const name of secrets) this.#names.set(name, name);
    return text;
  }

  /** The part of an address that a page is known by: with its query, where that may be told. */
  openPath(href: string): string {
    const { text, secrets } = openUrl(href, href);
    return secrets.length === 0 && this.isOpen(text)
      ? text
      : escapeTemplate(new URL(href).pathname);
  }

  /** One name a field; two fields of one name are two secrets. */
  nameFor(about: string, field: string): string {
    const known = this.#names.get(about);
    if (known !== undefined) return known;
    const name = secretName(this.isOpen(field) ? field : "");
    const taken = new Set(this.#names.values());
    let unique = name;
    for (let count = 2; taken.has(unique); count += 1) unique = `${name}_${count}`;
    this.#names.set(about, unique);
    return unique;
  }

  /** A value that is secret, or looks as if it were, is taken for one, whatever its field is called. */
  withoutSecrets(signal: ActSignal): ActSignal {
    const { id, document, candidates } = signal;
    const same = { id, document, candidates };
    if (signal.kind === "fill" && !this.isOpen(signal.value)) {
      const [first] = candidates;
      const field = first?.name ?? first?.value ?? "";
      return { kind: "secret", ...same, field, value: signal.value };
    }
    if (signal.kind !== "expect") return signal;
    const isSafe = this.isOpen(signal.text ?? "") && this.isOpen(signal.value ?? "");
    return isSafe ? signal : { kind: "expect", ...same };
  }
}
