/** Functions that run in the page, each sent there alone: they speak to axe-core under the name that it was given. */
import type { AxeResults, AxeRun } from "./run-axe.ts";

type Context = { include: unknown[]; exclude: unknown[] };
type Axe = {
  readonly runPartial: (context: unknown, options: unknown) => Promise<unknown>;
  readonly finishRun: (parts: unknown[], options: unknown) => Promise<AxeResults>;
  readonly getRules: (tags?: string[]) => { readonly ruleId: string; readonly tags: string[] }[];
  readonly utils: {
    readonly getFrameContexts: (
      context: unknown,
      options: unknown,
    ) => { readonly frameSelector: unknown; readonly frameContext: unknown }[];
    readonly shadowSelect: (selector: unknown) => Element | null;
  };
};

type PartAsk = {
  readonly name: string;
  readonly run: AxeRun;
  /** Of an inner frame; null for the outermost. */
  readonly context: unknown;
  readonly include: Node[];
  readonly exclude: Node[];
};
type Part = {
  readonly part: unknown;
  readonly frames: readonly { readonly selector: unknown; readonly context: unknown }[];
};

/** Looks at one frame; names the frames in it. */
export async function runPart({ name, run, context, include, exclude }: PartAsk): Promise<Part> {
  const axe = (window as unknown as Record<string, Axe>)[name];
  if (axe === undefined) throw new Error("axe-core is not there");
  const known = axe.getRules();
  const [ids, tags] = [known.map(({ ruleId }) => ruleId), known.flatMap((rule) => rule.tags)];
  for (const id of run.rules ?? [])
    if (!ids.includes(id)) throw new Error(`axe-core has no rule ${id}: it has ${ids.join(", ")}`);
  for (const tag of run.tags ?? [])
    if (!tags.includes(tag))
      throw new Error(`axe-core has no tag ${tag}: it has ${[...new Set(tags)].join(", ")}`);
  const own = (context ?? { include, exclude: [] }) as Context;
  const area = {
    ...own,
    include: own.include.length > 0 ? own.include : [document],
    exclude: [...own.exclude, ...exclude],
  };
  const chosen =
    run.rules !== null
      ? { runOnly: { type: "rule", values: run.rules } }
      : run.tags !== null
        ? { runOnly: { type: "tag", values: run.tags } }
        : {};
  const frames = axe.utils.getFrameContexts(area, chosen);
  const part = await axe.runPartial(area, chosen);
  return {
    // As JSON: a part may hold what no protocol carries.
    part: JSON.parse(JSON.stringify(part)) as unknown,
    frames: frames.map(({ frameSelector, frameContext }) => ({
      selector: frameSelector,
      context: frameContext,
    })),
  };
}

/** The element of an inner frame, also in shadow roots. */
export function frameElementOf({
  name,
  selector,
}: {
  readonly name: string;
  readonly selector: unknown;
}): Element | null {
  return (window as unknown as Record<string, Axe>)[name]?.utils.shadowSelect(selector) ?? null;
}

/** Makes one result of the parts. */
export async function finishParts({
  name,
  parts,
  run,
}: {
  readonly name: string;
  readonly parts: unknown[];
  readonly run: AxeRun;
}): Promise<AxeResults> {
  const axe = (window as unknown as Record<string, Axe>)[name];
  if (axe === undefined) throw new Error("axe-core is not there: the page has changed");
  const values = run.rules ?? run.tags;
  const type = run.rules === null ? "tag" : "rule";
  const options = values === null ? {} : { runOnly: { type, values } };
  const { violations, incomplete } = await axe.finishRun(parts, options);
  return JSON.parse(JSON.stringify({ violations, incomplete })) as AxeResults;
}
