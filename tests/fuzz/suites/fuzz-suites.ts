/** Fuzzes the readers of suites, in processes that are ended when one input takes too long. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type Figures, type FuzzOrder, newFigures, noteTime } from "../figures.ts";
import { makeSuiteInput } from "./suite-input.ts";

/** One input may take so long before it counts as a hang; the largest needs seconds on a busy machine. */
const INPUT_MS_MAX = 60_000;
const BATCH = 500;
const RSS_BYTES_MAX = 2 * 1024 ** 3;

type Line = {
  readonly index: number;
  readonly answer: "begun" | "accepted" | "refused" | "broken";
  readonly text: string;
  readonly ms: number;
  readonly rss: number;
};

/** Judges inputs `from` to `from + inputs - 1`. */
export async function fuzzSuites(order: FuzzOrder): Promise<Figures> {
  const figures = newFigures("suites");
  const end = order.from + order.inputs;
  for (let next = order.from; next < end && !order.isOver(); )
    next = await judgeBatch({ ...order, from: next, inputs: Math.min(BATCH, end - next) }, figures);
  return figures;
}

/** @returns The index after the last one that was judged. */
async function judgeBatch(order: FuzzOrder, figures: Figures): Promise<number> {
  const child = startChild([order.seed, String(order.from), String(order.inputs)]);
  const inputsBefore = figures.inputs;
  let next = order.from;
  let stuck: ReturnType<typeof setTimeout> | undefined;
  const watch = () => {
    clearTimeout(stuck);
    stuck = setTimeout(() => child.kill("SIGKILL"), INPUT_MS_MAX);
  };
  watch();
  for await (const text of linesOf(child)) {
    const line = JSON.parse(text) as Line;
    watch();
    if (line.answer === "begun") next = line.index + 1;
    else await take(line, order, figures);
    if (order.isOver()) child.kill("SIGKILL");
  }
  clearTimeout(stuck);
  const isUnanswered = next - order.from > figures.inputs - inputsBefore;
  if (isUnanswered && !order.isOver())
    tellEnd({ index: next - 1, signal: child.signalCode }, order, figures);
  return next === order.from ? next + 1 : next;
}

async function take(line: Line, order: FuzzOrder, figures: Figures): Promise<void> {
  figures.inputs += 1;
  noteTime(figures, line.index, line.ms);
  figures.peakRssBytes = Math.max(figures.peakRssBytes, line.rss);
  if (line.answer === "accepted") figures.accepted += 1;
  else if (line.answer === "refused") figures.refused += 1;
  else {
    const input = await shrunken(order.seed, line.index);
    figures.broken.push({ index: line.index, text: line.text, input });
  }
  if (line.rss > RSS_BYTES_MAX)
    figures.broken.push({ index: line.index, text: `It took ${line.rss} bytes of memory` });
}

type End = { readonly index: number; readonly signal: string | null };

/** The process did not live to answer: it hung, or it died. */
function tellEnd({ index, signal }: End, order: FuzzOrder, figures: Figures): void {
  figures.inputs += 1;
  const { bytes } = makeSuiteInput(`${order.seed}/suites/${index}`);
  const text = signal === "SIGKILL" ? `No answer within ${INPUT_MS_MAX} ms` : "The process died";
  figures.broken.push({ index, text, input: bytes });
}

async function shrunken(seed: string, index: number): Promise<Uint8Array> {
  const child = startChild([seed, String(index), "shrink"]);
  const stuck = setTimeout(() => child.kill("SIGKILL"), INPUT_MS_MAX);
  const lines: string[] = [];
  for await (const line of linesOf(child)) lines.push(line);
  clearTimeout(stuck);
  const [line] = lines;
  if (line === undefined) return makeSuiteInput(`${seed}/suites/${index}`).bytes;
  return Buffer.from((JSON.parse(line) as { readonly base64: string }).base64, "base64");
}

function startChild(words: readonly string[]): ChildProcess {
  const file = join(import.meta.dirname, "hold-suites.ts");
  return spawn(process.execPath, [file, ...words], { stdio: ["ignore", "pipe", "inherit"] });
}

function linesOf(child: ChildProcess): AsyncIterable<string> {
  if (child.stdout === null) throw new Error("Cannot read what the process says");
  return createInterface({ input: child.stdout });
}
