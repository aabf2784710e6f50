/** How the pages of an attempt loaded, and what its browser cost: in rows that wrap, so that none is ever cut off. */
import { bytesText, durationText, numberText } from "../../html/quantities.ts";
import type { PageArtifact } from "../../packed/unpack.ts";
import {
  type Metrics,
  type PageMetrics,
  type ProcessMetrics,
  readMetrics,
} from "../data/metrics.ts";

/** What `metrics.json` tells; undefined for every other artifact and for such a file of another form. */
export function metricsOf({ name, text }: PageArtifact): Metrics | undefined {
  return name === "metrics.json" && text !== undefined ? readMetrics(text.text) : undefined;
}

export function MetricsTables({ metrics }: { metrics: Metrics }) {
  const { pages, processes } = metrics;
  if (pages.length + processes.length === 0) return null;
  return (
    <section class="part attempt-metrics">
      <h3>Metrics</h3>
      <ul>
        {pages.map((page, index) => (
          <Measured key={`page ${index}`} title={page.url || "no address"} figures={ofPage(page)} />
        ))}
        {processes.map((process, index) => (
          <Measured
            key={`process ${index}`}
            title={`Process ${process.type || "unnamed"}`}
            figures={ofProcess(process)}
          />
        ))}
      </ul>
    </section>
  );
}

type Figures = Readonly<Record<string, string>>;

function Measured({ title, figures }: { title: string; figures: Figures }) {
  return (
    <li class="measured">
      <p class="measured-title">{title}</p>
      <dl>
        {Object.entries(figures).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </li>
  );
}

function ofPage(page: PageMetrics): Figures {
  return {
    Status: shown(page.status, String),
    "First byte": shown(page.ttfbMs, durationText),
    "First paint": shown(page.firstContentfulPaintMs, durationText),
    "Largest paint": shown(page.largestContentfulPaintMs, durationText),
    Loaded: shown(page.loadMs, durationText),
    Requests: shown(page.requestCount, numberText),
    Size: shown(page.transferBytes, bytesText),
  };
}

function ofProcess({ cpuMs, rssBytesMax }: ProcessMetrics): Figures {
  return { CPU: shown(cpuMs, durationText), "Peak memory": shown(rssBytesMax, bytesText) };
}

function shown(value: number | undefined, text: (value: number) => string): string {
  return value === undefined ? "–" : text(value);
}
