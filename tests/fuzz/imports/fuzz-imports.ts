/** Breaks scripts, flows and suites, and lets import and lint answer: never a throw, never long, always a place. */
import { messageOf } from "#shared/errors.ts";
import { importFile } from "#suite/import/import-file.ts";
import { lintSuite } from "#suite/lint/lint.ts";
import { loadSuite } from "#suite/load.ts";
import type { Fault } from "#suite/source.ts";
import { foreignFiles } from "../../e2e/import-pages.ts";
import { createRandom, type Random } from "../../sim/random.ts";
import { LINES } from "../../suite/import/script-lines.ts";
import { suiteTexts } from "../corpus.ts";
import { type Figures, type FuzzOrder, newFigures, noteTime } from "../figures.ts";

/** On a busy machine, too, an answer takes far less. */
const INPUT_MS_MAX = 20_000;
const PIECES: readonly string[] = [
  ...[
    "",
    "\n",
    "  ",
    ": ",
    "- ",
    "[",
    "]",
    "{",
    "}",
    "(",
    ")",
    "${",
    "`",
    "'",
    '"',
    "//",
    "/*",
    "\\",
  ],
  ...[
    "&a ",
    "*a",
    "null",
    "5",
    "-1",
    "1e999",
    "\t",
    "\0",
    "\u2028",
    "😀",
    ">>",
    "=>",
    "await ",
    "...",
  ],
  ...[
    "page",
    "locator",
    "tapOn",
    "runFlow:",
    "steps:",
    "while",
    "commands:",
    "__proto__",
    "constructor",
  ],
];

type Input = { readonly kind: "script" | "flow" | "suite"; readonly text: string };

/** Judges inputs `from` to `from + inputs - 1`, each made of the seed and its index alone. */
export function breakImports(order: FuzzOrder): Figures {
  const figures = newFigures("imports");
  const corpus = corpusOf();
  for (let index = order.from; index < order.from + order.inputs && !order.isOver(); index += 1) {
    const input = breakOne(createRandom(`${order.seed}/imports/${index}`), corpus);
    const startMs = performance.now();
    const answer = judge(input);
    const tookMs = performance.now() - startMs;
    figures.inputs += 1;
    noteTime(figures, index, tookMs);
    figures.peakRssBytes = Math.max(figures.peakRssBytes, process.memoryUsage.rss());
    const text = tookMs > INPUT_MS_MAX ? `It took ${Math.round(tookMs)} ms` : answer.broken;
    if (text !== undefined)
      figures.broken.push({ index, text, input: new TextEncoder().encode(input.text) });
    else if (answer.isAccepted) figures.accepted += 1;
    else figures.refused += 1;
  }
  return figures;
}

function corpusOf(): readonly Input[] {
  const files = Object.entries(foreignFiles("http://127.0.0.1:1"));
  const calls = LINES.map(([line]) => line).join("\n");
  const body = `import { test, expect } from '@playwright/test';\ntest('t', async ({ page, context, request }) => {\n${calls}\n});\n`;
  return [
    { kind: "script", text: body },
    ...files.map(
      ([name, text]): Input => ({ kind: name.endsWith(".ts") ? "script" : "flow", text }),
    ),
    ...suiteTexts().map((text): Input => ({ kind: "suite", text })),
  ];
}

function breakOne(random: Random, corpus: readonly Input[]): Input {
  const kind = random.pick(["script", "flow", "suite"] as const);
  const { text } = random.pick(corpus.filter((one) => one.kind === kind));
  let broken = text;
  const edits = random.int(1, 3);
  for (let count = 0; count < edits; count += 1) broken = edit(random, broken);
  return { kind, text: broken };
}

function edit(random: Random, text: string): string {
  const at = random.int(0, Math.max(0, text.length - 1));
  const lines = text.split("\n");
  switch (random.int(0, 5)) {
    case 0:
      return (
        text.slice(0, at) + random.pick(PIECES).repeat(random.pick([1, 1, 2, 700])) + text.slice(at)
      );
    case 1:
      lines.splice(random.int(0, lines.length - 1), 1);
      return lines.join("\n");
    case 2:
      lines.splice(random.int(0, lines.length), 0, random.pick(lines));
      return lines.join("\n");
    case 3:
    case 4:
      return swapWord(random, text);
    default:
      return text.slice(0, at) + random.pick(PIECES) + text.slice(at + random.int(0, 12));
  }
}

/** Puts a word of the text in the place of another one: what is left mostly still parses. */
function swapWord(random: Random, text: string): string {
  const words = [...text.matchAll(/[A-Za-z_$]\w*|\d+/g)];
  if (words.length === 0) return text;
  const out = random.pick(words);
  const word = random.chance(0.8) ? random.pick(words)[0] : random.pick(PIECES);
  return text.slice(0, out.index) + word + text.slice(out.index + out[0].length);
}

type Answer = { readonly isAccepted: boolean; readonly broken?: string };

function judge(input: Input): Answer {
  try {
    return input.kind === "suite" ? judgeLint(input.text) : judgeImport(input);
  } catch (thrown) {
    const stack = thrown instanceof Error ? (thrown.stack ?? "") : "";
    return { isAccepted: false, broken: `It threw: ${messageOf(thrown)}\n${stack.slice(0, 800)}` };
  }
}

function judgeImport({ kind, text }: Input): Answer {
  const from = kind === "script" ? "playwright" : "maestro";
  const files = foreignFiles("http://127.0.0.1:1");
  const outcome = importFile({ file: "f", text }, from, (path) => files[path]);
  if (outcome.kind === "refused") return refused(outcome.faults, text);
  const places = [...outcome.missing.filter(({ file }) => file === undefined), ...outcome.advice];
  const stray = places.find(({ line }) => line < 1 || line > text.split("\n").length);
  if (stray !== undefined)
    return { isAccepted: true, broken: `Line ${stray.line} is not in the file` };
  // What is written is read by the reader, whatever it says of a role that nobody knows.
  const loaded = loadSuite({ file: "s.yaml", text: outcome.text }, () => undefined);
  const unread =
    loaded.kind === "refused" &&
    loaded.faults.find(({ message }) => message.startsWith("Not YAML"));
  if (unread) return { isAccepted: true, broken: `It wrote no YAML: ${unread.message}` };
  return { isAccepted: true };
}

function judgeLint(text: string): Answer {
  const outcome = lintSuite({ file: "s.yaml", text }, () => undefined, new Map());
  if (outcome.kind === "refused") return refused(outcome.faults, text);
  const stray = outcome.findings.find(({ line }) => line < 1 || line > text.split("\n").length);
  return stray === undefined
    ? { isAccepted: true }
    : { isAccepted: true, broken: `Line ${stray.line} is not in the suite` };
}

function refused(faults: readonly Fault[], text: string): Answer {
  const errors = faults.filter(({ severity }) => severity === "error");
  const lineCount = text.split("\n").length;
  const stray = errors.find(({ line, column }) => line < 1 || column < 1 || line > lineCount);
  if (errors.length === 0) return { isAccepted: false, broken: "It was refused without a fault" };
  return stray === undefined
    ? { isAccepted: false }
    : {
        isAccepted: false,
        broken: `${stray.line}:${stray.column} is not in the file: ${stray.message}`,
      };
}
