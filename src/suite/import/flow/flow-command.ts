/** What a command of a flow is to the functions that translate it. */
import type { Located } from "../../reading/located.ts";
import type { Entries } from "../imported.ts";
import type { FlowWalk } from "./flow-walk.ts";

/** One command: what stands behind its name, and what any step carries of it. */
export type FlowCommand = {
  readonly name: string;
  readonly args: Located;
  readonly carried: Entries;
};

export type Perform = (walk: FlowWalk, command: FlowCommand) => void;
