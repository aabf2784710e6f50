/**
 * `npm run fuzz -- [--minutes M] [--inputs N] [--seed S] [--from I] [--only suites|imports|wire|api]`: inputs that nobody meant, for the
 * readers of suites, for the wire and for the API of real processes. Exit 1 with what to replay when something broke.
 *
 * An input is made of the seed and its index alone, so `--seed S --from I --inputs 1 --only TARGET` makes it again.
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fuzzApi } from "./api/fuzz-api.ts";
import { type Figures, type FuzzOrder, figuresInWords } from "./figures.ts";
import { startFuzzMesh } from "./fuzz-mesh.ts";
import { breakImports } from "./imports/fuzz-imports.ts";
import { fuzzSuites } from "./suites/fuzz-suites.ts";
import { fuzzWire } from "./wire/fuzz-wire.ts";

const TARGETS = ["suites", "imports", "wire", "api"] as const;
type Target = (typeof TARGETS)[number];

const INPUTS_DEFAULT = 20_000;
const SHOWN_MAX = 20;
const SHOWN_CHARACTERS_MAX = 2_000;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

const { values } = parseArgs({
  options: {
    minutes: { type: "string" },
    inputs: { type: "string" },
    seed: { type: "string" },
    from: { type: "string" },
    only: { type: "string" },
  },
});

function numberOf(name: "minutes" | "inputs" | "from", otherwise: number): number {
  const text = values[name];
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (value >= 0 && (name === "minutes" || Number.isSafeInteger(value))) return value;
  say(`Cannot read --${name}: a number is expected, found ${text}`);
  process.exit(2);
}

function targetsOf(): readonly Target[] {
  const { only } = values;
  if (only === undefined) return TARGETS;
  const found = TARGETS.find((target) => target === only);
  if (found !== undefined) return [found];
  say(`Cannot fuzz ${only}: expected one of ${TARGETS.join(", ")}`);
  process.exit(2);
}

async function fuzz(target: Target, order: FuzzOrder): Promise<Figures> {
  if (target === "suites") return fuzzSuites(order);
  if (target === "imports") return breakImports(order);
  await using mesh = await startFuzzMesh();
  return target === "api" ? await fuzzApi(mesh, order) : await fuzzWire(mesh, order);
}

function tellBroken(figures: Figures, seed: string): void {
  if (figures.broken.length === 0) return;
  const folder = mkdtempSync(join(tmpdir(), "panoptic-fuzz-found-"));
  for (const { index, text, input } of figures.broken.slice(0, SHOWN_MAX)) {
    const path = join(folder, `${figures.target}-${seed}-${index}`);
    if (input !== undefined) writeFileSync(path, input);
    say(`BROKEN ${figures.target} ${index}: ${text.slice(0, SHOWN_CHARACTERS_MAX)}`);
    if (input !== undefined) say(`  input: ${path} (${input.length} bytes)`);
    say(
      `  replay: npm run fuzz -- --only ${figures.target} --seed ${seed} --from ${index} --inputs 1`,
    );
  }
}

async function main(): Promise<number> {
  const seed = values.seed ?? randomBytes(4).toString("hex");
  const minutes = numberOf("minutes", Number.POSITIVE_INFINITY);
  const isTimed = Number.isFinite(minutes);
  const inputs = numberOf("inputs", isTimed ? Number.MAX_SAFE_INTEGER : INPUTS_DEFAULT);
  const targets = targetsOf();
  say(`seed ${seed}`);
  let brokenCount = 0;
  let inputCount = 0;
  for (const [index, target] of targets.entries()) {
    const untilMs = performance.now() + (minutes * 60_000) / targets.length;
    const share = Math.ceil((inputs - inputCount) / (targets.length - index));
    const figures = await fuzz(target, {
      seed,
      from: numberOf("from", 0),
      inputs: isTimed && values.inputs === undefined ? Number.MAX_SAFE_INTEGER : share,
      isOver: () => performance.now() > untilMs,
    });
    tellBroken(figures, seed);
    say(figuresInWords(figures));
    brokenCount += figures.broken.length;
    inputCount += figures.inputs;
  }
  say(`${inputCount} inputs, ${brokenCount} broken`);
  return brokenCount === 0 ? 0 : 1;
}

process.exit(await main());
