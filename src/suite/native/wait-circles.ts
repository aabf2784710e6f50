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

/** `at` is where an `after` names the place that it leads to; a group leads from test to test, a name to its tests. */
type Edge = { readonly from: number; readonly to: number; readonly at?: Position };
type Graph = {
  readonly tests: readonly Waiting[];
  /** First of the tests, by index, then of the names. */
  readonly edges: readonly (readonly Edge[])[];
};

/** Enough to mend; the rest shows when these are gone. */
const CIRCLES_MAX = 20;
const EDGES_SHOWN_MAX = 10;

/** Finds circles, if there are any at least one; in the order of the file. */
export function findCircles(tests: readonly Waiting[]): readonly Circle[] {
  if (tests.every(({ after }) => after.length === 0)) return [];
  const graph = { tests, edges: edgesOf(tests) };
  /** Places that lead into no circle, or into one that was told. */
  const done = new Set<number>();
  const circles: Circle[] = [];
  for (let start = 0; start < tests.length && circles.length < CIRCLES_MAX; start += 1)
    if (!done.has(start)) walk(graph, { start, done, circles });
  return circles;
}

function edgesOf(tests: readonly Waiting[]): Graph["edges"] {
  const names = new Map<string, number>();
  for (const { name } of tests) if (!names.has(name)) names.set(name, tests.length + names.size);
  const ofNames: Edge[][] = [...names].map(() => []);
  const lastOf = new Map<string, number>();
  const ofTests = tests.map(({ name, after, group }, from): Edge[] => {
    const own = names.get(name) ?? tests.length;
    ofNames[own - tests.length]?.push({ from: own, to: from });
    const edges = after.flatMap((one): Edge[] => {
      const to = names.get(one.name);
      return to === undefined ? [] : [{ from, to, at: one.at }];
    });
    const before = group === undefined ? undefined : lastOf.get(group);
    if (group !== undefined) lastOf.set(group, from);
    return before === undefined ? edges : [...edges, { from, to: before }];
  });
  return [...ofTests, ...ofNames];
}

type Walk = { readonly start: number; readonly done: Set<number>; readonly circles: Circle[] };

/** Depth first, without recursion: a chain may be as long as a suite. */
function walk(graph: Graph, { start, done, circles }: Walk): void {
  const path: { readonly place: number; next: number; by?: Edge }[] = [{ place: start, next: 0 }];
  const depthOf = new Map([[start, 0]]);
  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    const edge = graph.edges[top.place]?.[top.next];
    if (edge === undefined) {
      done.add(top.place);
      depthOf.delete(top.place);
      path.pop();
      continue;
    }
    top.next += 1;
    const depth = depthOf.get(edge.to);
    if (depth !== undefined && circles.length < CIRCLES_MAX) {
      const taken = path.slice(depth + 1).flatMap(({ by }) => (by === undefined ? [] : [by]));
      circles.push(circleOf(graph, [...taken, edge]));
    } else if (depth === undefined && !done.has(edge.to)) {
      depthOf.set(edge.to, path.length);
      path.push({ place: edge.to, next: 0, by: edge });
    }
  }
}

function circleOf({ tests }: Graph, edges: readonly Edge[]): Circle {
  const nameAt = (place: number | undefined) => JSON.stringify(tests[place ?? -1]?.name);
  const said = edges.flatMap(({ from, to, at }, index): string[] => {
    if (from >= tests.length) return []; // from a name to its test: said by what leads to the name
    if (at === undefined) return [`${nameAt(from)} behind ${nameAt(to)} in their group`];
    return [`${nameAt(from)} after ${nameAt((edges[index + 1] ?? edges[0])?.to)}`];
  });
  const places = edges.flatMap(({ at }) => (at === undefined ? [] : [at]));
  const at = places.reduce((last, one) =>
    one.line > last.line || (one.line === last.line && one.column > last.column) ? one : last,
  );
  const more = said.length - EDGES_SHOWN_MAX;
  const words = said.slice(0, EDGES_SHOWN_MAX).join(", ");
  return { at, words: more > 0 ? `${words} and ${more} more` : words };
}
