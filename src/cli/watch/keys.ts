/** Single keys of a person at a terminal, while the program goes on; the terminal is as it was when it ends. */
import { isatty } from "node:tty";

export type Key = "all" | "failed" | "quit";

const KEYS: Readonly<Record<string, Key>> = { "\r": "all", "\n": "all", f: "failed", q: "quit" };
const CTRL_C = "\u0003";
const CTRL_Z = "\u001a";

/** Whether somebody can press keys here: stdin and stdout are a terminal. */
export const hasKeys = (): boolean => isatty(0) && isatty(1);

/** Calls at every key that means something, until the returned function is called. */
export function listenForKeys(onKey: (key: Key) => void): () => void {
  const { stdin } = process;
  const restore = () => void stdin.setRawMode(false);
  const takeAgain = () => void stdin.setRawMode(true);
  const onData = (data: Buffer) => {
    for (const char of data.toString("utf8")) {
      const key = KEYS[char];
      if (key !== undefined) onKey(key);
      // As the terminal would do, were its keys not read one by one.
      if (char === CTRL_C) process.kill(process.pid, "SIGINT");
      if (char === CTRL_Z) {
        restore();
        process.kill(process.pid, "SIGTSTP");
      }
    }
  };
  stdin.setRawMode(true);
  process.on("exit", restore);
  process.on("SIGCONT", takeAgain);
  stdin.on("data", onData);
  stdin.resume();
  return () => {
    stdin.off("data", onData);
    process.off("exit", restore);
    process.off("SIGCONT", takeAgain);
    stdin.pause();
    restore();
  };
}
