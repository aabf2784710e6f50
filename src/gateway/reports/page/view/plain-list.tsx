/** A list of which every item is there: the browser's own search finds each, and a picture of the whole page shows it. */
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { bringToScreen } from "./virtual-list.tsx";

export type PlainListProps<T extends { readonly id: string }> = {
  readonly items: readonly T[];
  readonly label: string;
  readonly draw: (item: T) => ComponentChildren;
  /** The item that gets the focus, once for each new object. */
  readonly goTo: { readonly id: string } | undefined;
};

/** Draws all items. */
export function PlainList<T extends { readonly id: string }>(props: PlainListProps<T>) {
  const { items, label, draw, goTo } = props;
  const box = useRef<HTMLUListElement>(null);
  const done = useRef<object>();
  // The same elements as long as the items are the same: Preact skips what it has already.
  const drawn = useMemo(
    () =>
      items.map((item) => (
        <li key={item.id} data-id={item.id}>
          {draw(item)}
        </li>
      )),
    [items, draw],
  );
  useLayoutEffect(() => {
    if (goTo === undefined || done.current === goTo) return;
    const item = box.current?.querySelector(`[data-id="${CSS.escape(goTo.id)}"]`);
    const link = item?.querySelector("a");
    if (!item || !link) return;
    bringToScreen(item.getBoundingClientRect());
    link.focus({ preventScroll: true });
    done.current = goTo;
  });
  return (
    <ul class="plain" aria-label={label} ref={box}>
      {drawn}
    </ul>
  );
}
