/**
 * `npm run chaos -- --kills N --seed S [--minutes M] [--sabotage X] [--json]`: exit 0 only when nothing was lost,
 * doubled or otherwise wrong, 1 when something was (also when a sabotage was found), 2 for words that cannot be read,
 * 3 when a sabotage was not found, 70 when chaos itself broke, 130 when it was ended.
 */
import { messageOf } from "#shared/errors.ts";
import { runChaos } from "./chaos.ts";
import { figuresInWords } from "./figures.ts";
import type { Finding } from "./finding.ts";
import { type ChaosOptions, readOptions, UsageError } from "./options.ts";
import { PROFILES } from "./profiles.ts";
import { hunt, SABOTAGES, type SabotageName } from "./sabotages.ts";

const SHOWN_MAX = 20;
const FAULT_OF_OURS = 70;
const LEFT = 130;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(words: readonly string[]): Promise<number> {
  const options = readOptions(words, () => Math.floor(performance.timeOrigin % 1_000_000_000));
  const tell = options.isJson ? () => undefined : say;
  tell(`bounds: ${JSON.stringify(options.profile.limits)}`);
  if (options.profile.faultCount !== undefined)
    tell(
      `plan: ${options.profile.faultCount} faults of its own, whatever --kills and --minutes say`,
    );
  tell(`replay: npm run chaos -- ${replayWords(options)}`);
  return options.sabotage === undefined
    ? wreak(options, tell)
    : huntSabotage(options, options.sabotage);
}

async function wreak(options: ChaosOptions, tell: (line: string) => void): Promise<number> {
  const { findings, figures, dir } = await runChaos({ ...options, say: tell });
  if (options.isJson) say(JSON.stringify({ seed: options.seed, findings, figures, dir }));
  else tellEnd(options, { findings, dir, lines: figuresInWords(figures) });
  return findings.length === 0 ? 0 : 1;
}

type End = {
  readonly findings: readonly Finding[];
  readonly dir: string;
  readonly lines: readonly string[];
};

function tellEnd(options: ChaosOptions, { findings, dir, lines }: End): void {
  for (const { kind, test, text } of findings.slice(0, SHOWN_MAX))
    say(`FOUND ${kind}${test === undefined ? "" : ` in ${test}`}: ${text}`);
  if (findings.length > SHOWN_MAX) say(`… and ${findings.length - SHOWN_MAX} more`);
  for (const line of lines) say(line);
  if (findings.length === 0) return say("Nothing is wrong.");
  say(`look: ${dir} (findings.txt has the target's log of each test, said.txt the processes)`);
  say(`replay: npm run chaos -- ${replayWords(options)}`);
}

async function huntSabotage(options: ChaosOptions, name: SabotageName): Promise<number> {
  const { what, found } = SABOTAGES[name];
  const { telling, findings, figures, output } = await hunt(name, options.seed);
  if (options.isJson)
    say(JSON.stringify({ sabotage: name, isFound: telling !== undefined, findings, figures }));
  else if (telling !== undefined) {
    const kinds = [...new Set(findings.map(({ kind }) => kind))].join(", ");
    say(
      `found ${name} (${what}) by ${telling.kind} in ${telling.test ?? "the mesh"}: ${telling.text}`,
    );
    say(`all that it showed: ${findings.length} findings (${kinds})`);
  } else {
    say(
      `NOT FOUND: ${name} (${what}); expected ${found.join(" or ")}, seen: ${findings.map(({ kind }) => kind).join(", ") || "nothing"}`,
    );
    say(output.slice(-4_000));
  }
  return telling === undefined ? 3 : 1;
}

function replayWords({ seed, kills, minutes, sabotage, profile }: ChaosOptions): string {
  const name = Object.entries(PROFILES).find(([, one]) => one === profile)?.[0];
  const hasOwnPlan = profile.faultCount !== undefined;
  return [
    `--seed ${seed}`,
    ...(hasOwnPlan || kills === undefined ? [] : [`--kills ${kills}`]),
    ...(hasOwnPlan || minutes === undefined ? [] : [`--minutes ${minutes}`]),
    ...(sabotage === undefined ? [] : [`--sabotage ${sabotage}`]),
    ...(sabotage !== undefined || name === "all" ? [] : [`--profile ${name}`]),
  ].join(" ");
}

for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => process.exit(LEFT));
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (thrown) {
  const isUsage = thrown instanceof UsageError;
  process.stderr.write(`${isUsage ? messageOf(thrown) : (thrown as Error).stack}\n`);
  process.exitCode = isUsage ? 2 : FAULT_OF_OURS;
}
process.exit();
