/** The real program in a real pseudo-terminal (`script` of util-linux), seen on an emulated screen. */
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ProgramOptions, programCommand, programEnvironment } from "./program.ts";
import { ScreenEmulator } from "./screen-emulator.ts";

type Size = { readonly columns: number; readonly rows: number };

export type PtyProgram = AsyncDisposable & {
  readonly screen: ScreenEmulator;
  /** Everything that was written to the terminal. */
  readonly written: () => string;
  /** As a person types: `\u0003` is Ctrl-C. */
  readonly type: (text: string) => void;
  readonly resize: (size: Size) => void;
  /** Of the program itself. */
  readonly pid: () => number;
  /** The exit code, 128 + n when signal n ended it. */
  readonly ended: Promise<number | undefined>;
};

/** What ends a write of the program: before it the screen is half drawn. */
const WRITE_ENDS = ["\u001b[?2026l", "\n"];

/** Starts `panoptic WORDS` in a terminal of that size. */
export function startInPty(
  words: readonly string[],
  options: ProgramOptions & { readonly size: Size; readonly preload?: string },
): PtyProgram {
  const dir = mkdtempSync(join(tmpdir(), "panoptic-pty-"));
  const { columns, rows } = options.size;
  const shell = `stty rows ${rows} cols ${columns}; tty >'${dir}/tty'; echo $$ >'${dir}/pid'; exec ${programCommand(words, options.preload)}`;
  const child = spawn("script", ["-qfec", shell, "/dev/null"], {
    detached: true,
    stdio: ["pipe", "pipe", "inherit"],
    env: {
      ...programEnvironment(options),
      TERM: "xterm-256color",
      SHELL: "/bin/sh",
      ...options.env,
    },
  });
  const screen = new ScreenEmulator(options.size);
  const decoder = new TextDecoder();
  let written = "";
  let shown = 0;
  child.stdout.on("data", (chunk: Buffer) => {
    written += decoder.decode(chunk, { stream: true });
    const whole = Math.max(...WRITE_ENDS.map((mark) => written.lastIndexOf(mark) + mark.length));
    if (whole <= shown) return;
    screen.feed(written.slice(shown, whole));
    shown = whole;
  });
  const ended = new Promise<number | undefined>((done, fail) => {
    child.once("error", fail);
    child.once("close", (code) => done(code ?? undefined));
  });
  return {
    screen,
    written: () => written,
    type: (text) => void child.stdin.write(text),
    resize: (size) => {
      screen.resize(size);
      const tty = readFileSync(join(dir, "tty"), "utf8").trim();
      const words = ["-F", tty, "rows", String(size.rows), "cols", String(size.columns)];
      execFileSync("stty", words);
    },
    pid: () => Number(readFileSync(join(dir, "pid"), "utf8")),
    ended,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await ended;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
