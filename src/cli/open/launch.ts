/** Hands a page to the program that shows it, and waits only as long as that program can say that it did not. */
import { spawn } from "node:child_process";
import type { Clock } from "#shared/clock.ts";

/** An opener that is not through by then is itself the browser, or waits for it. */
const REFUSAL_MS_MAX = 2_000;

export type LaunchOptions = {
  readonly path: string;
  readonly words: readonly string[];
  readonly isExitCodeMeant: boolean;
  readonly clock: Clock;
};

/** Returns what went wrong; undefined when the page was handed over. */
export function launchOpener(options: LaunchOptions): Promise<string | undefined> {
  const { path, words, isExitCodeMeant, clock } = options;
  return new Promise((resolve) => {
    // A session of its own: the browser outlives this command and its terminal.
    const child = spawn(path, [...words], { detached: true, stdio: "ignore" });
    const timer = clock.after(REFUSAL_MS_MAX, () => resolve(undefined));
    const end = (fault: string | undefined) => {
      timer.cancel();
      resolve(fault);
    };
    child.once("error", (fault) => end(fault.message));
    child.once("exit", (code, signal) =>
      end(code === 0 || !isExitCodeMeant ? undefined : `it ended with ${code ?? signal}`),
    );
    child.unref();
  });
}
