/** What happened, line by line: the last lines for people, a digest of all for the promise that a seed repeats. */
import { createHash } from "node:crypto";

const KEPT_LINES = 60;
const SHOWN_UNITS = 400;

export type Trace = {
  readonly note: (text: string) => void;
  /** The last lines, oldest first. */
  readonly tail: () => readonly string[];
  /** Of every line in full. */
  readonly digest: () => string;
};

export function createTrace(nowMs: () => number, print?: (line: string) => void): Trace {
  const hash = createHash("sha256");
  const kept: string[] = [];
  let count = 0;
  return {
    note: (text) => {
      const line = `${nowMs().toFixed(3)} ${text}`;
      hash.update(line);
      kept[count % KEPT_LINES] = line;
      count += 1;
      print?.(line.slice(0, SHOWN_UNITS));
    },
    tail: () => {
      const from = Math.max(0, count - KEPT_LINES);
      return Array.from({ length: count - from }, (_, index) =>
        (kept[(from + index) % KEPT_LINES] ?? "").slice(0, SHOWN_UNITS),
      );
    },
    digest: () => hash.copy().digest("hex").slice(0, 16),
  };
}
