/** Runs in the page: the measures of web vitals, from entries that the browser has kept since the page began. */

type InPage = {
  ttfb?: number;
  fcp?: number;
  lcp?: number;
  cls?: number;
  inp?: number;
  domContentLoaded?: number;
  load?: number;
};

/** Milliseconds since the page was asked for; `cls` has no unit. What was not measured is absent. */
export async function measureInPage(): Promise<InPage> {
  type Shift = PerformanceEntry & { readonly value: number; readonly hadRecentInput: boolean };
  const isKnown = (type: string) => PerformanceObserver.supportedEntryTypes.includes(type);
  /** Kept entries come as a task of their own. */
  const entriesOf = (type: string): Promise<PerformanceEntry[]> =>
    new Promise((resolve) => {
      if (!isKnown(type)) return resolve([]);
      const entries: PerformanceEntry[] = [];
      const observer = new PerformanceObserver((list) => entries.push(...list.getEntries()));
      observer.observe({ type, buffered: true });
      setTimeout(() => {
        entries.push(...observer.takeRecords());
        observer.disconnect();
        resolve(entries);
      }, 0);
    });
  const [paints, largest, shifts, events, inputs] = await Promise.all(
    ["paint", "largest-contentful-paint", "layout-shift", "event", "first-input"].map(entriesOf),
  );
  /** The worst sum of a window of shifts that follow one another: at most 5 s long, no gap of 1 s. */
  const worstWindow = (): number => {
    let [worst, sum, first, last] = [0, 0, 0, 0];
    for (const shift of (shifts ?? []) as Shift[]) {
      if (shift.hadRecentInput) continue;
      const isNext = shift.startTime - last < 1000 && shift.startTime - first < 5000;
      sum = isNext ? sum + shift.value : shift.value;
      if (!isNext) first = shift.startTime;
      last = shift.startTime;
      worst = Math.max(worst, sum);
    }
    return worst;
  };
  const round = (value: number | undefined, digits = 1): number | undefined =>
    value === undefined ? undefined : Math.round(value * 10 ** digits) / 10 ** digits;
  const [navigation] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  const positive = (value: number | undefined) =>
    value !== undefined && value > 0 ? round(value) : undefined;
  const interactions = [...(events ?? []), ...(inputs ?? [])].filter(
    (entry) =>
      entry.entryType === "first-input" || (entry as { interactionId?: number }).interactionId,
  );
  const result: Record<keyof InPage, number | undefined> = {
    ttfb: positive(navigation?.responseStart),
    fcp: round(paints?.find(({ name }) => name === "first-contentful-paint")?.startTime),
    lcp: round(largest?.at(-1)?.startTime),
    cls: isKnown("layout-shift") ? round(worstWindow(), 4) : undefined,
    inp:
      interactions.length === 0 ? undefined : Math.max(...interactions.map((one) => one.duration)),
    domContentLoaded: positive(navigation?.domContentLoadedEventEnd),
    load: positive(navigation?.loadEventEnd),
  };
  return Object.fromEntries(Object.entries(result).filter(([, value]) => value !== undefined));
}
