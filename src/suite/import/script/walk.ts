/** What the walk through one script shares with everything that translates a part of it. */
import type { Json } from "#proto/matcher.ts";
import type { Position } from "../../reading/fault-log.ts";
import type { Entries } from "../imported.ts";
import type { Recorder } from "../recorder.ts";
import type { FunctionParts, Written } from "./syntax.ts";
import type { Tabs } from "./tabs.ts";
import type { Scope, Value } from "./values.ts";

/** A function of the script, and the names it knows. */
export type Called = { readonly parts: FunctionParts; readonly scope: Scope };

/** What the walk through one script shares. */
export type Walk = {
  readonly recorder: Recorder;
  readonly testIdAttribute: string;
  readonly tabs: Tabs;
  depth: number;
  /** Fields of the test that contexts of the script ask for. */
  readonly fields: { [key: string]: Json };
  /** Selectors of fields that were filled in: what is empty there is their value. */
  readonly filled: Set<string>;
  /** Declares a test, a hook or options; undefined inside of tests. */
  readonly declare: Declare | undefined;
  /** The folder of the script is the folder of the suite: files are named as they are. */
  readonly noteFile: (path: string, at: Position) => void;
  /** Calls a function that the script defines: its steps are recorded where it is called. */
  readonly callFunction: (called: Called, args: readonly Value[]) => Value;
  /** Dialogs to come, as the last handler that was set says. */
  dialog: DialogPlan | undefined;
  /** What a handler of dialogs expects of their message. */
  dialogMessage: Entries | undefined;
};

export type DialogPlan = {
  readonly accepts: boolean;
  readonly text?: string;
};

/** Takes a call of the test's interface. */
export type Declare = (call: ApiCall) => boolean;
export type ApiCall = {
  /** `test`, `test.beforeEach`, `test.describe.configure`. */
  readonly name: string;
  readonly args: readonly Value[];
  readonly at: Written;
};
