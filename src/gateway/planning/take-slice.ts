/** Pure: of a planned run the part that one of several machines runs (`--shard 2/4`), and what `merge` needs of the rest. */
import type { RunOptions } from "#proto/api.ts";
import type { TestDefinition } from "#proto/test.ts";
import type { Estimate } from "../history/estimate.ts";
import type { RunPlan } from "./plan-run.ts";
import { planSlices, slicingName, slicingSha256 } from "./slices.ts";

export type EstimatedPlan = RunPlan & {
  /** What history lets expect, one a test. */
  readonly estimates: readonly Estimate[];
};

/** Slices that were cut before of a slicing of that name; undefined when there are none. */
export type EarlierSlices = (slicing: string) => readonly (readonly string[])[] | undefined;

/**
 * The slice that the plan's options name; the plan itself when they name none.
 *
 * @param earlier What the first slice of a build took has changed the history by the time the next one is cut: all of
 *   them are cut as the first one was. Default: there is none.
 */
export function takeSlice(
  whole: EstimatedPlan,
  earlier: EarlierSlices = () => undefined,
): EstimatedPlan {
  const { shard } = whole.options;
  if (shard === undefined) return whole;
  const slicing = slicingName({ ...shard, keys: whole.tests.map(({ key }) => key) });
  const slices =
    earlier(slicing) ??
    planSlices(
      whole.tests.map((test, index) => ({ ...test, ...whole.estimates[index] })),
      shard.count,
    );
  const own = new Set<string>(slices[shard.index - 1]);
  const isOwn = (index: number) => own.has(whole.tests[index]?.key ?? "");
  const tests = whole.tests.filter((_, index) => isOwn(index));
  const files = Object.fromEntries(whole.tests.map(({ suite, file }) => [suite, file]));
  const plan = slicingSha256(slices);
  return {
    ...withIdleSlice(whole, { tests, shard }),
    tests,
    estimates: whole.estimates.filter((_, index) => isOwn(index)),
    origin: { shard: { ...shard, plan, slices: slices.map((keys) => [...keys]), files } },
  };
}

type Taken = {
  readonly tests: readonly TestDefinition[];
  readonly shard: NonNullable<RunOptions["shard"]>;
};

/** Its part of the work is done when there is none; whether there was any is for all slices together to say. */
function withIdleSlice(whole: EstimatedPlan, { tests, shard }: Taken): EstimatedPlan {
  const isExecuted = ({ skip }: TestDefinition) => skip === undefined;
  if (tests.some(isExecuted) || !whole.tests.some(isExecuted)) return whole;
  const said = `Slice ${shard.index} of ${shard.count} has nothing to execute: there are more slices than tests that run apart`;
  return {
    ...whole,
    warnings: [...whole.warnings, said],
    options: { ...whole.options, allowEmpty: true },
  };
}
