/** P: what a chaos run amounts to, in numbers and in words. */
import type { Blow, Stall } from "./books.ts";
import type { Finding } from "./finding.ts";
import type { JudgedRun } from "./oracle.ts";
import { FAULT_KINDS, isKill } from "./plan.ts";

export type Figures = {
  /** By kind; every one of them hit work in flight. */
  readonly faults: Readonly<Record<string, number>>;
  readonly kills: number;
  /** Planned, but there was no work to hit for too long. */
  readonly leftOut: number;
  readonly spared: number;
  readonly runs: number;
  readonly tests: number;
  readonly attempts: number;
  readonly counted: number;
  /** Attempts that were given up: their tests ran again. */
  readonly lostAttempts: number;
  readonly late: number;
  /** Tests that have no verdict of their own. */
  readonly lost: number;
  readonly doubled: number;
  /** Events that came again and were dropped by their number. */
  readonly repeats: number;
  readonly artifacts: number;
  /** How often the machine itself stood still for two seconds or more. */
  readonly stalls: number;
  readonly seconds: number;
};

export type FiguresInput = {
  readonly blows: readonly Blow[];
  readonly runs: readonly JudgedRun[];
  readonly findings: readonly Finding[];
  readonly stalls: readonly Stall[];
  readonly leftOut: number;
  readonly spared: number;
  readonly repeats: number;
  readonly seconds: number;
};

/** Counts. */
export function figuresOf(input: FiguresInput): Figures {
  const { blows, findings } = input;
  const tests = input.runs.flatMap(({ final }) => final.tests);
  const attempts = tests.flatMap((test) => test.attempts);
  const count = (kind: string) => findings.filter((finding) => finding.kind === kind).length;
  const hits = FAULT_KINDS.map(
    (kind) => [kind, blows.filter((blow) => blow.kind === kind && blow.isInFlight).length] as const,
  );
  return {
    faults: Object.fromEntries(hits.filter(([, hit]) => hit > 0)),
    kills: blows.filter(({ kind, isInFlight }) => isKill(kind) && isInFlight).length,
    leftOut: input.leftOut,
    spared: input.spared,
    runs: input.runs.length,
    tests: tests.length,
    attempts: attempts.length,
    counted: attempts.filter(({ counted }) => counted).length,
    lostAttempts: attempts.filter(({ status }) => status === "lost").length,
    late: attempts.filter(({ late }) => late).length,
    lost: count("lost"),
    doubled: count("doubled"),
    repeats: input.repeats,
    artifacts: attempts.reduce((sum, attempt) => sum + attempt.artifacts.length, 0),
    stalls: input.stalls.length,
    seconds: Math.round(input.seconds),
  };
}

/** For people, a line each. */
export function figuresInWords(figures: Figures): string[] {
  const faults = Object.entries(figures.faults).map(([kind, count]) => `${kind} ${count}`);
  return [
    `faults, all with work in flight: ${faults.join(", ")}`,
    `kills ${figures.kills}, left out for want of work ${figures.leftOut}, spared from poison ${figures.spared}`,
    `runs ${figures.runs}, tests ${figures.tests}, attempts ${figures.attempts} (counted ${figures.counted}, given up ${figures.lostAttempts}, late ${figures.late}), artifacts ${figures.artifacts}`,
    `lost ${figures.lost}, doubled ${figures.doubled}, repeats absorbed at least ${figures.repeats}, ${figures.seconds} s, stalls of the machine ${figures.stalls}`,
  ];
}
