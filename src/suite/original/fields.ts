/**
 * Single values of an original suite, as Go's YAML reader takes them into typed fields: text is what stands in the file
 * (`0042`, `+123`, `true`), `yes` and `off` are booleans where one is due, `010` is octal. What is empty (null, "", a
 * zero) is as good as absent, because Go could not tell the two apart either.
 */
import type { FaultLog, Position } from "../reading/fault-log.ts";
import {
  describeFound,
  entryOf,
  type Located,
  type LocatedEntry,
  type LocatedMapping,
} from "../reading/located.ts";

const FLAGS: ReadonlyMap<string, boolean> = new Map(
  [
    ["y", "yes", "on", "true"],
    ["n", "no", "off", "false"],
  ].flatMap((words, index) => words.map((word) => [word, index === 0] as const)),
);

/** Which numbers a field takes. */
export type Amount = {
  /** "a number of seconds from 0 to 86400", for messages. */
  readonly expected: string;
  readonly min: number;
  readonly max: number;
  readonly isWhole: boolean;
};

/** Reads the fields of one mapping; what is wrong with them goes to the log. */
export class OriginalFields {
  readonly node: LocatedMapping;
  readonly #log: FaultLog;

  constructor(node: LocatedMapping, log: FaultLog) {
    this.node = node;
    this.#log = log;
  }

  entry(key: string): LocatedEntry | undefined {
    return entryOf(this.node, key);
  }

  /** Where a value stands; the mapping's own place when it is absent. */
  at(key: string): Position {
    return this.entry(key)?.value ?? this.node;
  }

  /** Whether a person wrote something there. */
  has(key: string): boolean {
    const entry = this.entry(key);
    return entry !== undefined && !isEmpty(entry.value);
  }

  /** Undefined when it is absent, empty or refused. */
  text(key: string): string | undefined {
    const node = this.entry(key)?.value;
    const text = node === undefined ? undefined : textOf(node);
    if (node !== undefined && text === undefined) return this.#refuse(node, `text for "${key}"`);
    return text === "" ? undefined : text;
  }

  flag(key: string): boolean | undefined {
    const node = this.entry(key)?.value;
    if (node === undefined || isNothing(node)) return undefined;
    const found = node.kind === "scalar" ? node.value : undefined;
    if (typeof found === "boolean") return found;
    const word = typeof found === "string" ? FLAGS.get(found.toLowerCase()) : undefined;
    return word ?? this.#refuse(node, `true or false for "${key}"`);
  }

  /** Zero comes back as zero: what that means is the caller's to say. */
  amount(key: string, range: Amount): number | undefined {
    const node = this.entry(key)?.value;
    if (node === undefined || isNothing(node)) return undefined;
    const value = numberIn(node);
    const isFit =
      value !== undefined &&
      value >= range.min &&
      value <= range.max &&
      (!range.isWhole || Number.isInteger(value));
    return isFit ? value : this.#refuse(node, `${range.expected} for "${key}"`);
  }

  /** The items of a list; none when it is absent, empty or refused. */
  items(key: string, expected: string): readonly Located[] {
    const node = this.entry(key)?.value;
    if (node === undefined || isNothing(node)) return [];
    if (node.kind === "list") return node.items;
    this.#refuse(node, `${expected} for "${key}"`);
    return [];
  }

  /** A mapping inside; undefined when it is absent, empty or refused. */
  inside(key: string): OriginalFields | undefined {
    const node = this.entry(key)?.value;
    if (node === undefined || isNothing(node)) return undefined;
    if (node.kind === "mapping") return new OriginalFields(node, this.#log);
    return this.#refuse(node, `a mapping for "${key}"`);
  }

  #refuse(node: Located, expected: string): undefined {
    this.#log.error(node, `Expected ${expected}, found ${describeFound(node)}`);
    return undefined;
  }
}

/** What stands there as text; undefined for lists and mappings. */
export function textOf(node: Located): string | undefined {
  if (node.kind !== "scalar") return undefined;
  if (node.value === null) return "";
  return typeof node.value === "string" ? node.value : node.source;
}

const isNothing = (node: Located): boolean => node.kind === "scalar" && node.value === null;

/** Null, "", a zero, false, an empty list or mapping: what Go has where nothing is written. */
export function isEmpty(node: Located): boolean {
  if (node.kind === "list") return node.items.length === 0;
  if (node.kind === "mapping") return node.entries.length === 0;
  return node.value === null || node.value === "" || node.value === 0 || node.value === false;
}

function numberIn(node: Located): number | undefined {
  if (node.kind !== "scalar") return undefined;
  if (typeof node.value === "string") return spelledNumber(node.value);
  if (typeof node.value !== "number") return undefined;
  const octal = /^([-+]?)0([0-7]+)$/.exec(node.source);
  if (octal === null) return node.value;
  return Number.parseInt(octal[2] ?? "0", 8) * (octal[1] === "-" ? -1 : 1);
}

/** `1_000` and `0b11`: numbers for Go, text for YAML 1.2. */
function spelledNumber(text: string): number | undefined {
  if (/^0b[01]+$/.test(text)) return Number(text);
  const isGrouped = /^[-+]?\d+(?:_\d+)+(?:\.\d+)?$/.test(text);
  return isGrouped ? Number(text.replaceAll("_", "")) : undefined;
}
