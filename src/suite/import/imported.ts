/** What importing a file of another tool comes to, before it is written: tests whose steps are native, and what was left out, with its place. */
import type { Json } from "#proto/matcher.ts";
import type { Position } from "../reading/fault-log.ts";
import type { Hidden } from "./secret-book.ts";

/** Keys and values as they stand in YAML, in their order; texts are templates (`$${` is a literal `${`). */
export type Entries = { readonly [key: string]: Json };

/** One line of a list of steps. */
export type Item =
  | { readonly kind: "step"; readonly entries: Entries }
  /** Something that needs no step, or could not be translated: a comment at its place. */
  | { readonly kind: "remark"; readonly text: string };

export type ImportedTest = {
  readonly name: string;
  /** Fields beside `name` and `steps`. */
  readonly fields: Entries;
  readonly items: readonly Item[];
};

/** Something that was not translated. */
export type Missing = Position & {
  /** Where it stands; undefined: in the imported file itself. */
  readonly file?: string;
  /** As it is written there, shortened. */
  readonly what: string;
  readonly why: string;
};

/** Something that a person has to know or to do. */
export type Advice = Position & { readonly text: string };

export type Imported = {
  readonly name: string;
  /** Names of secrets whose values were left out. */
  readonly secrets: readonly string[];
  /** Fields that all tests share. */
  readonly fields: Entries;
  /** The tests run one after the other, and end with the first that does not pass. */
  readonly isSerial?: boolean;
  readonly before: readonly Item[];
  readonly after: readonly Item[];
  readonly tests: readonly ImportedTest[];
  readonly missing: readonly Missing[];
  readonly advice: readonly Advice[];
  /** The values that were left out: none of them may be written or said. */
  readonly hidden: readonly Hidden[];
};
