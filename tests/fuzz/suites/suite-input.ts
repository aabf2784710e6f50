/** One input for the suite readers, made of its seed alone: a file's bytes, and what lies beside it. */
import { parse, stringify } from "yaml";
import { createRandom, type Random } from "../../sim/random.ts";
import { suiteTexts } from "../corpus.ts";
import { mutateJson } from "../mutate-json.ts";
import { bombText } from "./bombs.ts";

export type SuiteInput = {
  readonly file: string;
  readonly bytes: Uint8Array;
  /** Files of the suite's folder. */
  readonly beside: Readonly<Record<string, string>>;
};

const TEXTS = suiteTexts();
const TREES = TEXTS.flatMap((text) => treeOf(text));
const NUMBERS_OF_CHANGES = [1, 1, 1, 2, 2, 3, 5, 10];

const CUTS = [
  "",
  "\n",
  "  ",
  "\t",
  ": ",
  "- ",
  "[",
  "]",
  "{",
  "}",
  ",",
  "'",
  '"',
  "#",
  "|\n",
  ">-\n",
  "&a ",
  "*a",
  "*nosuch",
  "<<: *a\n",
  "<<: [*a, *a]\n",
  "!!binary ",
  "!!js/function ",
  "!foo ",
  "!!map ",
  "? ",
  "---\n",
  "...\n",
  "%YAML 1.1\n",
  "%TAG ! x\n",
  "${",
  "${vars.x}",
  "null",
  "~",
  ".nan",
  "-.inf",
  "0o17",
  "1e999",
  "999999999999999999999",
  "\r",
  "\u0085",
  "\u2028",
  "\u00a0",
  "\ufeff",
  "\u0000",
  "\u0007",
  "name: x\n",
  "tests:\n",
  "steps:\n",
  "actions: []\n",
  "__proto__: 1\n",
] as const;

/** @param seed Any text; the same seed makes the same input. */
export function makeSuiteInput(seed: string): SuiteInput {
  const random = createRandom(seed);
  const text = textOf(random);
  const changed = random.chance(0.5) ? cutUp(text, random) : text;
  return {
    file: random.pick(["s.yaml", "dir/s.yml", "s.json", "ä ö.yaml"]),
    bytes: bytesOf(changed, random),
    beside: besideOf(random),
  };
}

function textOf(random: Random): string {
  const kind = random.int(0, 9);
  if (kind === 0) return bombText(random);
  if (kind <= 3) return random.pick(TEXTS);
  const tree = mutateJson(random.pick(TREES), random, random.pick(NUMBERS_OF_CHANGES));
  if (random.chance(0.4)) return JSON.stringify(tree) ?? "";
  try {
    return stringify(tree, { lineWidth: random.pick([0, 20, 80]) }) ?? "";
  } catch {
    // What YAML cannot say (a lone surrogate as a key …) JSON can.
    return JSON.stringify(tree) ?? "";
  }
}

function treeOf(text: string): unknown[] {
  try {
    const tree: unknown = parse(text, { merge: true, maxAliasCount: 10_000 });
    return typeof tree === "object" && tree !== null ? [tree] : [];
  } catch {
    return []; // One of the bad ones.
  }
}

/** Takes characters out, puts others in, moves and repeats lines. */
function cutUp(text: string, random: Random): string {
  let current = text;
  for (let count = random.int(1, 5); count > 0; count -= 1) {
    const at = random.int(0, current.length);
    const cut = random.chance(0.1) ? random.int(0, 500) : random.int(0, 10);
    current = current.slice(0, at) + random.pick(CUTS) + current.slice(at + cut);
  }
  if (random.chance(0.15)) current = current.replaceAll("\n", random.pick(["\r\n", "\r", "\n\n"]));
  if (random.chance(0.1)) current = moveLines(current, random);
  if (random.chance(0.05)) current = `\ufeff${current}`;
  return current;
}

function moveLines(text: string, random: Random): string {
  const lines = text.split("\n");
  const [moved = ""] = lines.splice(random.int(0, lines.length - 1), 1);
  lines.splice(random.int(0, lines.length), 0, ...(random.chance(0.5) ? [moved] : [moved, moved]));
  return lines.join("\n");
}

/** Mostly UTF-8. */
function bytesOf(text: string, random: Random): Uint8Array {
  const kind = random.int(0, 39);
  if (kind === 0) return new Uint8Array(Buffer.from(text, "utf16le"));
  if (kind === 1) return new Uint8Array(Buffer.from(text, "latin1"));
  const bytes = new TextEncoder().encode(text);
  if (kind === 2) bytes[random.int(0, Math.max(0, bytes.length - 1))] = random.int(0, 255);
  if (kind === 3) return bytes.subarray(0, random.int(0, bytes.length));
  if (kind === 4) return Uint8Array.from({ length: random.int(0, 400) }, () => random.int(0, 255));
  return bytes;
}

function besideOf(random: Random): Record<string, string> {
  return {
    "rows.csv": random.pick([
      "id,name\n1,a\n2,b\n",
      "",
      "id,id\n1,2\n",
      '"a\nb",c\n"',
      "a\n".repeat(200),
    ]),
    "rows.json": random.pick([
      '[{"id":1}]',
      "[",
      "{}",
      "[1]",
      '[{"__proto__":1}]',
      `${"[".repeat(5_000)}`,
    ]),
    "logo.png": "x",
    "form.json": "{}",
  };
}
