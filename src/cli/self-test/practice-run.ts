/**
 * One run of the self-test: this very program, started again as `run SUITE`, with a mesh of its own. So what is tried is
 * what people will start, with its processes, its exit code and the files that it leaves.
 */
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Report } from "#proto/report.ts";
import type { Clock } from "#shared/clock.ts";
import { childEnvironment } from "#shared/config.ts";
import { doomGroup, killGroup } from "../mesh/doomed.ts";
import { selfCommand } from "../mesh/self-command.ts";

export type PracticeRun = {
  /** Undefined when a signal ended it, as at its bound. */
  readonly exitCode: number | undefined;
  /** The end of what it said on stderr. */
  readonly said: string;
  /** Undefined when there is none that its schema takes. */
  readonly report: Report | undefined;
  /** The report's folder. */
  readonly out: string;
  readonly durationMs: number;
};

export type PracticeOptions = {
  readonly name: string;
  readonly suite: string;
  /** Holds the suite, the report and all temporary files. */
  readonly dir: string;
  readonly clock: Clock;
};

const RUN_MS_MAX = 90_000;
const RUN_TIMEOUT = "60s";
const SAID_MAX = 2_000;

/** Runs the suite to its report; never throws for what the run does. */
export async function practise(options: PracticeOptions): Promise<PracticeRun> {
  const { name, dir, clock } = options;
  const suite = `${name}.json`;
  const out = join(dir, `report-${name}`);
  mkdirSync(temporaryOf(dir), { recursive: true });
  writeFileSync(join(dir, suite), options.suite);
  const words = ["run", suite, "--nodes", "1", "--out", out, "--run-timeout", RUN_TIMEOUT];
  const startedMs = clock.monotonicMs();
  const { exitCode, said } = await runSelf(words, dir, clock);
  return {
    exitCode,
    said,
    report: readReport(out),
    out,
    durationMs: clock.monotonicMs() - startedMs,
  };
}

/** Where everything that the run starts puts its temporary files. */
export function temporaryOf(dir: string): string {
  return join(dir, "tmp");
}

type End = Pick<PracticeRun, "exitCode" | "said">;

function runSelf(words: readonly string[], dir: string, clock: Clock): Promise<End> {
  const [program, ...own] = selfCommand();
  const child = spawn(program, [...own, ...words], {
    cwd: dir,
    detached: true,
    stdio: ["pipe", "ignore", "pipe"],
    env: childEnvironment({
      INIT_CWD: dir,
      TMPDIR: temporaryOf(dir),
      // Its stdin is a pipe of this process: it ends with it, however that ends.
      PANOPTIC_LIFELINE_FD: "0",
      // Its own mesh, not the one that this machine's people use.
      PANOPTIC_GATEWAY: undefined,
      PANOPTIC_KEY_FILE: undefined,
    }) as NodeJS.ProcessEnv,
  });
  const { pid } = child;
  const forget = pid === undefined ? () => undefined : doomGroup(pid);
  const late = clock.after(RUN_MS_MAX, () => {
    if (pid !== undefined) killGroup(pid);
  });
  let said = "";
  child.stdin.once("error", () => undefined); // It has ended: `close` says so.
  child.stderr.on("data", (chunk: Buffer) => {
    said = (said + chunk.toString("utf8")).slice(-SAID_MAX);
  });
  return new Promise((resolve) => {
    const end = (exitCode: number | undefined) => {
      late.cancel();
      forget();
      resolve({ exitCode, said: said.trim() });
    };
    child.once("error", (thrown) => {
      said = thrown.message;
      end(undefined);
    });
    child.once("close", (code) => end(code ?? undefined));
  });
}

function readReport(out: string): Report | undefined {
  try {
    return Report.safeParse(JSON.parse(readFileSync(join(out, "report.json"), "utf8"))).data;
  } catch {
    // None was written: the findings say what that means.
    return undefined;
  }
}
