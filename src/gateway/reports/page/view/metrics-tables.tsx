/** How the pages of an attempt loaded, and what its browser cost. */
import { bytesText, durationText, numberText } from "../../html/quantities.ts";
import type { Metrics, PageMetrics, ProcessMetrics } from "../data/metrics.ts";

export function MetricsTables({ metrics }: { metrics: Metrics }) {
  const { pages, processes } = metrics;
  if (pages.length + processes.length === 0) return null;
  return (
    <section class="part">
      <h4>Metrics</h4>
      {/* biome-ignore lint/a11y/useSemanticElements: what scrolls must be reachable by the keyboard */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: as above */}
      <div class="table-box" tabIndex={0} role="group" aria-label="Metrics" data-scrolls>
        {pages.length > 0 && <PageTable pages={pages} />}
        {processes.length > 0 && <ProcessTable processes={processes} />}
      </div>
    </section>
  );
}

function PageTable({ pages }: { pages: readonly PageMetrics[] }) {
  return (
    <table class="metrics">
      <thead>
        <tr>
          <th scope="col">Page</th>
          <th scope="col">Status</th>
          <th scope="col">First byte</th>
          <th scope="col">First paint</th>
          <th scope="col">Largest paint</th>
          <th scope="col">Loaded</th>
          <th scope="col">Requests</th>
          <th scope="col">Size</th>
        </tr>
      </thead>
      <tbody>
        {pages.map((page, index) => (
          <tr key={`${index} ${page.url}`}>
            <th scope="row">{page.url || "no address"}</th>
            <td>{page.status ?? "–"}</td>
            <td>{shown(page.ttfbMs, durationText)}</td>
            <td>{shown(page.firstContentfulPaintMs, durationText)}</td>
            <td>{shown(page.largestContentfulPaintMs, durationText)}</td>
            <td>{shown(page.loadMs, durationText)}</td>
            <td>{shown(page.requestCount, numberText)}</td>
            <td>{shown(page.transferBytes, bytesText)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function ProcessTable({ processes }: { processes: readonly ProcessMetrics[] }) {
  return (
    <table class="metrics">
      <thead>
        <tr>
          <th scope="col">Process</th>
          <th scope="col">CPU</th>
          <th scope="col">Memory, at most</th>
        </tr>
      </thead>
      <tbody>
        {processes.map(({ type, cpuMs, rssBytesMax }, index) => (
          <tr key={`${index} ${type}`}>
            <th scope="row">{type || "unnamed"}</th>
            <td>{shown(cpuMs, durationText)}</td>
            <td>{shown(rssBytesMax, bytesText)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function shown(value: number | undefined, text: (value: number) => string): string {
  return value === undefined ? "–" : text(value);
}
