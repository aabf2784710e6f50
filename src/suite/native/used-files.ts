/** Checks the files of flows that a suite uses, each once, as the suite itself is checked: as they are written. */
import { STATIC_SCOPES } from "../reading/openness.ts";
import type { Reading } from "../reading/shape.ts";
import type { FlowBook, FlowHome } from "./flow-book.ts";
import { type EnvReference, NameCheck } from "./name-check.ts";
import { checkRawFlows } from "./raw-check.ts";
import { checkFlowNames } from "./suite-names.ts";

type Checking = { readonly secrets: readonly string[]; readonly reading: Reading };

/** Checking one may bring in further ones. @returns What they want from the environment. */
export function checkUsedFiles(book: FlowBook, { secrets, reading }: Checking): EnvReference[] {
  const env: EnvReference[] = [];
  const checked = new Set<FlowHome>();
  for (let next = nextOf(book, checked); next !== undefined; next = nextOf(book, checked)) {
    checked.add(next);
    const log = reading.log.inFile(next.file);
    const names = new NameCheck({ tree: next.tree, log, vars: [], secrets });
    // What is a test's own is given to a flow of another file by its parameters.
    const known = STATIC_SCOPES.filter((scope) => scope === "env" || scope === "params");
    checkFlowNames(next, names, { known, vars: [] });
    checkRawFlows(next, { reading: { ...reading, log }, book });
    env.push(...names.env);
  }
  return env;
}

const nextOf = (book: FlowBook, checked: ReadonlySet<FlowHome>): FlowHome | undefined =>
  book.others.find((home) => !checked.has(home));
