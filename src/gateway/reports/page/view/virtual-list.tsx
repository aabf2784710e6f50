/**
 * A long list in the page's own scrolling, of which only what is near the screen exists.
 *
 * Heights are guessed first and measured when an item is there; when one above the screen turns out otherwise, the
 * page is scrolled by the difference, so that what people look at stays where it is.
 */
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";

export type VirtualListProps<T extends { readonly id: string }> = {
  readonly items: readonly T[];
  readonly label: string;
  readonly guessHeight: (item: T) => number;
  readonly draw: (item: T) => ComponentChildren;
  /** The item that gets the focus, once for each new object. */
  readonly goTo: { readonly id: string } | undefined;
};

const BEYOND_PX = 500;
/** What sticks to the top of the screen hides so much. */
const STICKY_PX = 120;

/** Draws the items near the screen. */
export function VirtualList<T extends { readonly id: string }>(props: VirtualListProps<T>) {
  const { items, goTo } = props;
  const box = useRef<HTMLDivElement>(null);
  const { offsets, observer } = useHeights(props, box);
  const span = useSpan(offsets, box);
  const drawn = useDrawn(props.draw);
  useGoTo({ items, goTo, offsets, box });
  const shown = items.slice(span.first, span.last + 1);
  return (
    // biome-ignore lint/a11y/useSemanticElements: items lie at places of their own, most of them are not there
    <div
      role="list"
      aria-label={props.label}
      class="virtual"
      ref={box}
      style={{ height: `${offsets.at(-1) ?? 0}px` }}
    >
      {shown.map((item, index) => (
        <VirtualItem
          key={item.id}
          id={item.id}
          place={span.first + index}
          count={items.length}
          top={offsets[span.first + index] ?? 0}
          observer={observer}
        >
          {drawn(item)}
        </VirtualItem>
      ))}
    </div>
  );
}

const DRAWN_MAX = 1_000;

/** What is drawn of an item is kept as long as it may come back: Preact skips what it has already. */
function useDrawn<T extends { readonly id: string }>(draw: (item: T) => ComponentChildren) {
  const kept = useMemo(() => new Map<T, ComponentChildren>(), [draw]);
  return (item: T): ComponentChildren => {
    const known = kept.get(item);
    if (known !== undefined) return known;
    if (kept.size >= DRAWN_MAX) kept.clear();
    const fresh = draw(item);
    kept.set(item, fresh);
    return fresh;
  };
}

type VirtualItemProps = {
  readonly id: string;
  readonly place: number;
  readonly count: number;
  readonly top: number;
  readonly observer: ResizeObserver;
  readonly children: ComponentChildren;
};

function VirtualItem({ id, place, count, top, observer, children }: VirtualItemProps) {
  const element = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const own = element.current;
    if (own === null) return;
    observer.observe(own);
    return () => observer.unobserve(own);
  }, [observer]);
  return (
    // biome-ignore lint/a11y/useSemanticElements: as the list
    <div
      role="listitem"
      ref={element}
      data-id={id}
      class="virtual-item"
      aria-setsize={count}
      aria-posinset={place + 1}
      style={{ top: `${top}px` }}
    >
      {children}
    </div>
  );
}

type Box = { readonly current: HTMLDivElement | null };

/** `offsets[i]` is the top of item i; the last is the height of all. */
function useHeights<T extends { readonly id: string }>(props: VirtualListProps<T>, box: Box) {
  const { items, guessHeight } = props;
  const heights = useRef(new Map<string, number>());
  const [version, setVersion] = useState(0);
  const offsets = useMemo(() => {
    const tops = [0];
    let top = 0;
    for (const item of items) {
      top += heights.current.get(item.id) ?? guessHeight(item);
      tops.push(top);
    }
    return tops;
  }, [items, version, guessHeight]);
  const latest = useRef({ items, offsets });
  latest.current = { items, offsets };
  const observer = useMemo(
    () =>
      new ResizeObserver((entries) => {
        const { shiftPx, isChanged } = takeHeights({
          entries,
          box,
          heights: heights.current,
          ...latest.current,
        });
        if (isChanged) setVersion((count) => count + 1);
        if (shiftPx !== 0) queueMicrotask(() => window.scrollBy(0, shiftPx));
      }),
    [box],
  );
  useEffect(() => () => observer.disconnect(), [observer]);
  return { offsets, observer };
}

type Measuring = {
  readonly entries: readonly ResizeObserverEntry[];
  readonly box: Box;
  readonly heights: Map<string, number>;
  readonly items: readonly { readonly id: string }[];
  readonly offsets: readonly number[];
};

function takeHeights({ entries, box, heights, items, offsets }: Measuring) {
  const screenTop = -(box.current?.getBoundingClientRect().top ?? 0);
  let shiftPx = 0;
  let isChanged = false;
  for (const { target } of entries) {
    const { id } = (target as HTMLElement).dataset;
    const height = (target as HTMLElement).offsetHeight;
    const index = Number(target.getAttribute("aria-posinset")) - 1;
    if (id === undefined || height === 0 || items[index]?.id !== id) continue;
    const before = (offsets[index + 1] ?? 0) - (offsets[index] ?? 0);
    heights.set(id, height);
    if (before === height) continue;
    isChanged = true;
    if ((offsets[index + 1] ?? 0) <= screenTop) shiftPx += height - before;
  }
  return { shiftPx, isChanged };
}

type Span = { readonly first: number; readonly last: number };

function useSpan(offsets: readonly number[], box: Box): Span {
  const [scroll, setScroll] = useState({ top: 0, height: 1_000 });
  useLayoutEffect(() => {
    const read = () => {
      const top = -(box.current?.getBoundingClientRect().top ?? 0);
      setScroll((old) =>
        Math.abs(old.top - top) < BEYOND_PX / 4 && old.height === window.innerHeight
          ? old
          : { top, height: window.innerHeight },
      );
    };
    read();
    window.addEventListener("scroll", read, { passive: true });
    window.addEventListener("resize", read);
    return () => {
      window.removeEventListener("scroll", read);
      window.removeEventListener("resize", read);
    };
  }, [box]);
  const count = offsets.length - 1;
  const first = Math.max(0, lastAtOrBefore(offsets, scroll.top - BEYOND_PX));
  const last = Math.min(count - 1, lastAtOrBefore(offsets, scroll.top + scroll.height + BEYOND_PX));
  return { first: Math.min(first, Math.max(0, count - 1)), last };
}

/** Index of the last offset that is not beyond `at`; offsets rise. */
function lastAtOrBefore(offsets: readonly number[], at: number): number {
  let low = 0;
  let high = offsets.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((offsets[middle] ?? 0) <= at) low = middle;
    else high = middle - 1;
  }
  return low;
}

type Going = {
  readonly items: readonly { readonly id: string }[];
  readonly goTo: { readonly id: string } | undefined;
  readonly offsets: readonly number[];
  readonly box: Box;
};

/** Brings the wanted item to the screen, then gives it the focus: it may not exist before. */
function useGoTo({ items, goTo, offsets, box }: Going): void {
  const done = useRef<object>();
  useLayoutEffect(() => {
    const list = box.current;
    if (goTo === undefined || done.current === goTo || list === null) return;
    const index = items.findIndex(({ id }) => id === goTo.id);
    if (index === -1) return;
    const listTop = list.getBoundingClientRect().top;
    bringToScreen({
      top: listTop + (offsets[index] ?? 0),
      bottom: listTop + (offsets[index + 1] ?? 0),
    });
    const element = list.querySelector<HTMLElement>(`[data-id="${goTo.id}"] a`);
    if (element === null) return;
    element.focus({ preventScroll: true });
    done.current = goTo;
  });
}

/** Scrolls just so far that a box lies below what sticks to the top, and whole where it fits. */
export function bringToScreen({ top, bottom }: { readonly top: number; readonly bottom: number }) {
  if (top < STICKY_PX) window.scrollBy(0, top - STICKY_PX);
  else if (bottom > window.innerHeight)
    window.scrollBy(0, Math.min(bottom - window.innerHeight + 8, top - STICKY_PX));
}
