/** P: what `metrics.json` of an attempt tells: how pages loaded, what the browser's processes cost. */

export type PageMetrics = {
  readonly url: string;
  readonly status: number | undefined;
  readonly ttfbMs: number | undefined;
  readonly firstContentfulPaintMs: number | undefined;
  readonly largestContentfulPaintMs: number | undefined;
  readonly loadMs: number | undefined;
  readonly requestCount: number | undefined;
  readonly transferBytes: number | undefined;
};

export type ProcessMetrics = {
  readonly type: string;
  readonly cpuMs: number | undefined;
  readonly rssBytesMax: number | undefined;
};

export type Metrics = {
  readonly pages: readonly PageMetrics[];
  readonly processes: readonly ProcessMetrics[];
};

/** Reads the file's text; undefined when it is of another form. */
export function readMetrics(text: string): Metrics | undefined {
  const told = parsed(text);
  if (told === undefined) return undefined;
  const pages = records(told["pages"]).map((page) => ({
    url: String(page["url"] ?? ""),
    status: numberOf(page["status"]),
    ttfbMs: numberOf(page["ttfbMs"]),
    firstContentfulPaintMs: numberOf(page["firstContentfulPaintMs"]),
    largestContentfulPaintMs: numberOf(page["largestContentfulPaintMs"]),
    loadMs: numberOf(page["loadMs"]),
    requestCount: numberOf(page["requestCount"]),
    transferBytes: numberOf(page["transferBytes"]),
  }));
  const processes = records(told["processes"]).map((one) => ({
    type: String(one["type"] ?? ""),
    cpuMs: numberOf(one["cpuMs"]),
    rssBytesMax: numberOf(one["rssBytesMax"]),
  }));
  return { pages, processes };
}

type Told = Readonly<Record<string, unknown>>;

function parsed(text: string): Told | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    // Not ours: it is in its file.
    return undefined;
  }
}

function records(value: unknown): readonly Told[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

function isRecord(value: unknown): value is Told {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined;
}
