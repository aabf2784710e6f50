/** Console and failed requests, line by line. */
import type { LogLine } from "../data/log-lines.ts";

export function LogText({ lines, label }: { lines: readonly LogLine[]; label: string }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: what scrolls must be reachable by the keyboard
    // biome-ignore lint/a11y/noNoninteractiveTabindex: as above
    <pre class="log" tabIndex={0} role="group" aria-label={label}>
      {lines.map((line, index) => (
        <span key={index} class={`log-line is-${line.level}`}>
          {line.text}
          {"\n"}
        </span>
      ))}
    </pre>
  );
}
