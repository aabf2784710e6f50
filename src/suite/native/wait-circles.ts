/**
 * Pure: tests that could never start, since each waits for the next: by `after`, or by the order of a group, whose
 * tests run in that of the file. All tests of a name are waited for, so names are places of their own on the way:
 * the walk is as long as what was written, not as its product with the rows.
 */
import type { Position } from "../reading/fault-log.ts";

export type Waiting = {
  readonly name: string;
  readonly after: readonly { readonly name: string; readonly at: Position }[];
  readonly group?: string | undefined;
};

type Circle = {
  /** The last place in the file that closes it. */
  readonly at: Position;
  /** `"b" after "a", "a" after "b"`. */
  readonly words: string;
};

type Edge = { readonly to: number; readonly words?: string; readonly at?: Position };
/** Enough to mend; the rest shows when these are gone. */
const CIRCLES_MAX = 20;
const EDGES_SHOWN_MAX = 10;

/** Finds circles, if there are any at least one; in the order of the file. */
export function findCircles(tests: readonly Waiting[]): readonly Circle[] {
  if (tests.every(({ after }) => after.length === 0)) return [];
  const edges = edgesOf(tests);
  /** Places that lead into no circle, or into one that was told. */
  const done = new Set<number>();
  const circles: Circle[] = [];
  for (let start = 0; start < tests.length && circles.length < CIRCLES_MAX; start += 1)
    if (!done.has(start)) walk({ start, edges, done, circles });
  return circles;
}

/** First the tests, by index, then the names. */
function edgesOf(tests: readonly Waiting[]): readonly (readonly Edge[])[] {
  const names = new Map<string, number>();
  for (const { name } of tests) if (!names.has(name)) names.set(name, tests.length + names.size);
  const ofNames: Edge[][] = [...names].map(() => []);
  const lastOf = new Map<string, number>();
  const ofTests = tests.map(({ name, after, group }, index): Edge[] => {
    ofNames[(names.get(name) ?? 0) - tests.length]?.push({ to: index });
    const edges = after.flatMap((one): Edge[] => {
      const to = names.get(one.name);
      const words = `${JSON.stringify(name)} after ${JSON.stringify(one.name)}`;
      return to === undefined ? [] : [{ to, words, at: one.at }];
    });
    if (group === undefined) return edges;
    const before = lastOf.get(group);
    lastOf.set(group, index);
    if (before === undefined) return edges;
    const behind = JSON.stringify(tests[before]?.name);
    return [
      ...edges,
      { to: before, words: `${JSON.stringify(name)} behind ${behind} in their group` },
    ];
  });
  return [...ofTests, ...ofNames];
}

type Walk = {
  readonly start: number;
  readonly edges: readonly (readonly Edge[])[];
  readonly done: Set<number>;
  readonly circles: Circle[];
};

/** Depth first, without recursion: a chain may be as long as a suite. */
function walk({ start, edges, done, circles }: Walk): void {
  const path: { readonly place: number; next: number; by?: Edge }[] = [{ place: start, next: 0 }];
  const depthOf = new Map([[start, 0]]);
  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    const edge = edges[top.place]?.[top.next];
    if (edge === undefined) {
      done.add(top.place);
      depthOf.delete(top.place);
      path.pop();
      continue;
    }
    top.next += 1;
    const depth = depthOf.get(edge.to);
    if (depth !== undefined) {
      const taken = path.slice(depth + 1).flatMap(({ by }) => (by === undefined ? [] : [by]));
      if (circles.length < CIRCLES_MAX) circles.push(circleOf([...taken, edge]));
    } else if (!done.has(edge.to)) {
      depthOf.set(edge.to, path.length);
      path.push({ place: edge.to, next: 0, by: edge });
    }
  }
}

function circleOf(edges: readonly Edge[]): Circle {
  const said = edges.flatMap(({ words }) => (words === undefined ? [] : [words]));
  const places = edges.flatMap(({ at }) => (at === undefined ? [] : [at]));
  const at = places.reduce((last, one) =>
    one.line > last.line || (one.line === last.line && one.column > last.column) ? one : last,
  );
  const more = said.length - EDGES_SHOWN_MAX;
  const words = said.slice(0, EDGES_SHOWN_MAX).join(", ");
  return { at, words: more > 0 ? `${words} and ${more} more` : words };
}
