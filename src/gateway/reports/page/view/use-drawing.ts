/** A canvas that keeps in step with its size, its data and the page's colours. */
import { useEffect, useLayoutEffect, useMemo, useState } from "preact/hooks";
import type { Frame } from "../data/frame.ts";
import type { Bar, Timeline } from "../data/lanes.ts";
import { THEME_EVENT } from "./theme-button.tsx";
import { drawTimeline, type Ink } from "./timeline-draw.ts";

const STATUSES = ["passed", "failed", "lost", "cancelled", "running"] as const;

/** The width of an element, as it changes. */
export function useWidth(box: { readonly current: HTMLElement | null }): number {
  const [width, setWidth] = useState(800);
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const read = () => setWidth(Math.floor(element.clientWidth));
    read();
    const observer = new ResizeObserver(read);
    observer.observe(element);
    return () => observer.disconnect();
  }, [box]);
  return width;
}

export type DrawingOptions = {
  readonly canvas: { readonly current: HTMLCanvasElement | null };
  readonly timeline: Timeline;
  readonly frame: Frame;
  readonly chosen: Bar | undefined;
};

/** Draws again whenever what is shown, its size or the colours change. */
export function useDrawing({ canvas, timeline, frame, chosen }: DrawingOptions): void {
  const [theme, setTheme] = useState(0);
  useEffect(() => {
    const turn = () => setTheme((count) => count + 1);
    const system = matchMedia("(prefers-color-scheme: dark)");
    system.addEventListener("change", turn);
    document.addEventListener(THEME_EVENT, turn);
    return () => {
      system.removeEventListener("change", turn);
      document.removeEventListener(THEME_EVENT, turn);
    };
  }, []);
  const ink = useMemo(() => readInk(), [theme]);
  useEffect(() => {
    if (canvas.current !== null) drawTimeline(canvas.current, { timeline, frame, ink, chosen });
  }, [canvas, timeline, frame, chosen, ink]);
}

/** The colours of the style sheet, as the theme has them now. */
function readInk(): Ink {
  const probe = document.createElement("span");
  document.body.append(probe);
  const read = (name: string) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const status = new Map(STATUSES.map((name) => [String(name), read(name)]));
  const ink = {
    text: read("text"),
    muted: read("muted"),
    rule: read("rule"),
    ground: read("surface"),
    focus: read("accent"),
  };
  probe.remove();
  return { ...ink, status: (name) => status.get(name) ?? ink.muted };
}
