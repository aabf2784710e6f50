/**
 * Makes a failing seed small: leaves out faults, tests and nodes, halves first, then fewer and fewer at once
 * (ddmin, Zeller and Hildebrandt 2002), as long as the same promise is broken. Bounded by tries and by time.
 */
import { cutPlan, type Keep, keepAll } from "./keep.ts";
import { planOf, type SimOptions, type SimResult, simulate } from "./world.ts";

export type Shrunk = { readonly keep: Keep; readonly result: SimResult; readonly tries: number };

const TRIES_MAX = 400;
const SHRINK_MS_MAX = 90_000;

type Part = "faults" | "tests" | "nodes";

export type ShrinkOptions = Pick<SimOptions, "size" | "keep"> & {
  /** Of the machine: it bounds how long this may take. */
  readonly nowMs: () => number;
};

/** Starts from a world that failed; what it returns fails in the same way. */
export async function shrink(failed: SimResult, options: ShrinkOptions): Promise<Shrunk> {
  const { seed } = failed;
  const begunMs = options.nowMs();
  const plan = planOf(seed, options.size);
  let best = { keep: options.keep ?? keepAll(plan), result: failed };
  let tries = 0;
  const hasBudget = () => tries < TRIES_MAX && options.nowMs() - begunMs < SHRINK_MS_MAX;
  const attempt = async (keep: Keep): Promise<boolean> => {
    if (!hasBudget() || cutPlan(plan, keep).runs.length === 0 || keep.nodes.length === 0)
      return false;
    tries += 1;
    const result = await simulate(seed, { size: options.size, keep });
    if (result.violation?.invariant !== failed.violation?.invariant) return false;
    best = { keep, result };
    return true;
  };
  for (let isSmaller = true; isSmaller && hasBudget(); ) {
    isSmaller = false;
    for (const part of ["faults", "tests", "nodes"] as const)
      if (await shrinkPart(part, () => best.keep, attempt)) isSmaller = true;
  }
  return { ...best, tries };
}

type Attempt = (keep: Keep) => Promise<boolean>;

/** Leaves out runs of neighbours, from all at once down to one. */
async function shrinkPart(part: Part, now: () => Keep, attempt: Attempt): Promise<boolean> {
  let isSmaller = false;
  for (let chunk = sizeOf(now(), part); chunk >= 1; chunk = Math.floor(chunk / 2)) {
    for (let from = 0; from < sizeOf(now(), part); ) {
      if (await attempt(without(now(), part, { from, to: from + chunk }))) isSmaller = true;
      else from += chunk;
    }
  }
  return isSmaller;
}

function sizeOf(keep: Keep, part: Part): number {
  return part === "tests" ? keep.tests.flat().length : keep[part].length;
}

type Range = { readonly from: number; readonly to: number };

const outside = (index: number, { from, to }: Range): boolean => index < from || index >= to;

function without(keep: Keep, part: Part, range: Range): Keep {
  if (part !== "tests")
    return { ...keep, [part]: keep[part].filter((_, index) => outside(index, range)) };
  let index = 0;
  const tests = keep.tests.map((kept) => kept.filter(() => outside(index++, range)));
  return { ...keep, tests };
}
