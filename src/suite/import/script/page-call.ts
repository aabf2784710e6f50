/** A call of a page, as it is handed to the function that translates it. */
import type { Expression } from "./syntax.ts";
import type { Tab, Value } from "./values.ts";

/** A call of a page. */
export type PageCall = {
  readonly name: string;
  readonly tab: Tab;
  readonly args: readonly Value[];
  readonly at: Expression;
};
