/** P: what ends when: a heap of times, emptied from the earliest on. */

export type Endings<T> = {
  readonly put: (atMs: number, item: T) => void;
  /** All that end at the earliest time, in the order in which they were put; undefined when nothing is left. */
  readonly take: () => { readonly atMs: number; readonly items: readonly T[] } | undefined;
};

type Entry<T> = { readonly atMs: number; readonly number: number; readonly item: T };

export function createEndings<T>(): Endings<T> {
  const heap: Entry<T>[] = [];
  let count = 0;
  return {
    put: (atMs, item) => {
      count += 1;
      heap.push({ atMs, number: count, item });
      rise(heap);
    },
    take: () => {
      const atMs = heap[0]?.atMs;
      if (atMs === undefined) return undefined;
      const items: T[] = [];
      while (heap[0]?.atMs === atMs) items.push(takeFirst(heap).item);
      return { atMs, items };
    },
  };
}

function isBefore<T>(a: Entry<T>, b: Entry<T>): boolean {
  return a.atMs === b.atMs ? a.number < b.number : a.atMs < b.atMs;
}

/** Brings the last one to its place. */
function rise<T>(heap: Entry<T>[]): void {
  let at = heap.length - 1;
  while (at > 0) {
    const above = (at - 1) >> 1;
    if (!swapIfBefore(heap, at, above)) return;
    at = above;
  }
}

function takeFirst<T>(heap: Entry<T>[]): Entry<T> {
  const [first] = heap;
  const last = heap.pop();
  if (first === undefined || last === undefined) throw new Error("Cannot take from an empty heap");
  if (heap.length > 0) {
    heap[0] = last;
    sink(heap);
  }
  return first;
}

function sink<T>(heap: Entry<T>[]): void {
  for (let at = 0; ; ) {
    const below = lesserOf(heap, 2 * at + 1, 2 * at + 2);
    if (!swapIfBefore(heap, below, at)) return;
    at = below;
  }
}

function lesserOf<T>(heap: readonly Entry<T>[], a: number, b: number): number {
  const [left, right] = [heap[a], heap[b]];
  return left !== undefined && right !== undefined && isBefore(right, left) ? b : a;
}

/** Whether `below` goes before `above`; they have changed their places then. */
function swapIfBefore<T>(heap: Entry<T>[], below: number, above: number): boolean {
  const [lower, upper] = [heap[below], heap[above]];
  if (lower === undefined || upper === undefined || !isBefore(lower, upper)) return false;
  heap[below] = upper;
  heap[above] = lower;
  return true;
}
