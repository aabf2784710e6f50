/**
 * `run --debug`: holds the gate of an attempt. Decides where it stops, says where it stands, and does what is typed
 * there, on the real session: nothing is pretended.
 */
import type { Standing, StepGate } from "#node/attempts/gate.ts";
import type { Failure } from "#proto/failure.ts";
import type { PlannedStep } from "#proto/test.ts";
import { createAskPage, type PagePlaces } from "./ask-page.ts";
import { isAround } from "./choose-test.ts";
import { type DebugCommand, HELP, readCommand } from "./command.ts";
import type { LinesIn } from "./lines-in.ts";

export type DebuggerOptions = PagePlaces & {
  readonly lines: LinesIn;
  readonly say: (text: string) => void;
  /** Shown where a command is waited for; undefined where nobody sees it. */
  readonly prompt: (() => void) | undefined;
  readonly stop: StopAt;
  readonly isHeadless: boolean;
  /** Cancels the run. */
  readonly onQuit: () => void;
};

/** Where it stops next; a failure stops it always. */
export type StopAt =
  | { readonly kind: "next" }
  | { readonly kind: "line"; readonly line: number }
  | { readonly kind: "failure" };

type Goal = "step" | "continue" | "retry" | "ended";

/** Makes the gate. */
export function createDebugger(options: DebuggerOptions): StepGate {
  const { say, isHeadless } = options;
  let stop = options.stop;
  const ask = createAskPage(options);

  const go = (goal: Goal) => {
    stop = goal === "step" ? { kind: "next" } : { kind: "failure" };
  };
  return {
    isHeadless,
    before: async (at) => {
      if (!isDue(stop, at)) return;
      say(`stopped before ${whereText(at)}`);
      go(await converse(at, false));
    },
    failed: async (at, failure) => {
      say(`failed: ${whereText(at)}\n${indented(failure)}`);
      const goal = await converse(at, true);
      if (goal === "retry") return "retry";
      go(goal);
      return "go_on";
    },
  };

  /** Takes commands until one lets the attempt go on. */
  async function converse(at: Standing, hasFailed: boolean): Promise<Goal> {
    for (;;) {
      const command = await nextCommand(at.signal);
      const goal = goalOf(command, hasFailed);
      if (at.signal.aborted) return "ended";
      if (goal === "ended") return quit(at.signal);
      if (goal !== undefined) return goal;
      say(await answer(command, at));
    }
  }

  async function nextCommand(signal: AbortSignal): Promise<DebugCommand> {
    options.prompt?.();
    const line = await options.lines.next(signal);
    if (line !== undefined) return readCommand(line);
    if (!signal.aborted) say("end of the input: the run is cancelled");
    return { kind: "quit" };
  }

  /** The gateway ends the attempt, as it would end any other. */
  async function quit(signal: AbortSignal): Promise<Goal> {
    options.onQuit();
    await untilAborted(signal);
    return "ended";
  }

  async function answer(command: DebugCommand, at: Standing): Promise<string> {
    switch (command.kind) {
      case "nothing":
        return "h shows the commands";
      case "unknown":
        return command.reason;
      case "help":
        return HELP.join("\n");
      case "list":
        return stepsText(at);
      case "retry":
        return "nothing has failed here; s performs the step";
      case "step":
      case "continue":
      case "quit":
        return ""; // They are goals, and no questions.
      default:
        return ask(command, at);
    }
  }
}

/** What lets the attempt go on; undefined: the command is a question. */
function goalOf({ kind }: DebugCommand, hasFailed: boolean): Goal | undefined {
  if (kind === "quit") return "ended";
  if (kind === "retry") return hasFailed ? kind : undefined;
  return kind === "step" || kind === "continue" ? kind : undefined;
}

/** The first step from a line on; `beforeEach` and the files of others may stand anywhere. What is around the test passes by. */
function isDue(stop: StopAt, { definition, planned }: Standing): boolean {
  if (stop.kind !== "line") return stop.kind === "next" && !isAround(definition);
  const { line, file, phase } = planned;
  return file === undefined && (line === stop.line || (phase === "main" && line > stop.line));
}

function whereText({ definition, planned }: Standing): string {
  const { file = definition.file, line, name } = planned;
  return `${file}:${line} ${name} (${definition.key})`;
}

function indented({ message }: Failure): string {
  return message
    .split("\n")
    .map((line) => `  ${line}`)
    .join("\n");
}

function stepsText({ definition, planned, redactor }: Standing): string {
  const lines: string[] = [];
  const add = (steps: readonly PlannedStep[], depth: number) => {
    for (const step of steps) {
      const { line, column, file, name, blocks = {} } = step;
      const isHere = line === planned.line && column === planned.column && file === planned.file;
      const indent = "  ".repeat(depth);
      lines.push(
        `${isHere ? ">" : " "} ${String(line).padStart(4)} ${indent}${redactor.text(name)}`,
      );
      for (const inner of Object.values(blocks)) add(inner, depth + 1);
    }
  };
  add(definition.steps, 0);
  return lines.join("\n");
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
