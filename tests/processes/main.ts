/**
 * `npm run kill-nine -- --kills N`: N runs of `panoptic run` are killed -9, each at a random moment from its start to its
 * report, in turn by each way and with each part frozen. Exit 1 when something lived 3 s later, a file stayed, or a report
 * was half of one.
 */
import { parseArgs } from "node:util";
import { FROZEN, type Kill, type Moment, openKillStage, VICTIMS } from "./kill-nine.ts";

/** Processes of a run at its height, about. */
const PROCESSES_MAX = 20;

const say = (line: string) => void process.stdout.write(`${line}\n`);
const { values } = parseArgs({ options: { kills: { type: "string", default: "12" } } });
const kills = Number(values.kills);
await using stage = await openKillStage();
const spans = new Map<string, number>();
const gone: number[] = [];
let bad = 0;
let frozenCount = 0;
for (let number = 0; number < kills; number += 1) {
  const victim = VICTIMS[number % VICTIMS.length] ?? "bun";
  const frozen = FROZEN[Math.floor(number / VICTIMS.length) % FROZEN.length] ?? "nothing";
  let spanMs = spans.get(victim);
  if (spanMs === undefined) {
    const whole = await stage.kill({ victim, frozen: "nothing", moment: { kind: "never" } });
    spanMs = whole.lastedMs;
    spans.set(victim, spanMs);
    say(`${victim}: a whole run lasts ${spanMs} ms, report ${whole.report}`);
  }
  const moment = momentOf(number, spanMs);
  const end = await stage.kill({ victim, frozen, moment });
  const isGood = end.left.length === 0 && (end.report === "old" || end.report === "new");
  if (!isGood) bad += 1;
  if (end.hasFrozen) frozenCount += 1;
  gone.push(end.goneMs);
  const frozenText = end.hasFrozen ? `, ${frozen} frozen` : "";
  say(
    `${isGood ? "ok " : "BAD"} ${number + 1}: ${victim} killed at ${momentText(moment)} with ${end.processCount} processes${frozenText}: gone in ${end.goneMs} ms, report ${end.report}`,
  );
  for (const line of end.left) say(`     ${line}`);
}
gone.sort((a, b) => a - b);
const median = gone[Math.floor(gone.length / 2)] ?? 0;
say(
  `${kills} kills, ${frozenCount} with a part frozen, ${bad} bad; gone in ${median} ms (median), ${gone.at(-1) ?? 0} ms at most`,
);
process.exit(bad === 0 ? 0 : 1);

/** Half of them at any time; of the others as many while something is being started, and while the report is written. */
function momentOf(number: number, spanMs: number): Moment {
  if (number % 4 === 1)
    return { kind: "processes", count: 1 + Math.floor(Math.random() * PROCESSES_MAX) };
  if (number % 4 === 3) return { kind: "report" };
  return { kind: "time", afterMs: Math.round(Math.random() * spanMs) };
}

function momentText(moment: Kill["moment"]): string {
  if (moment.kind === "time") return `${moment.afterMs} ms`;
  return moment.kind === "processes" ? `the process ${moment.count}` : "its report";
}
