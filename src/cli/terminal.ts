/**
 * What the program says, and how it gets out whole: results on stdout, words about them on stderr.
 * Written synchronously: Bun drops what is still queued for a pipe when the process exits (measured 2026-11, 1.4.5).
 *
 * The only way out: what other people wrote is made inert here (screen/inert-text.ts), and who has a live view standing
 * in the terminal steps aside for every other line.
 */
import { writeSync } from "node:fs";
import { isatty } from "node:tty";
import { type ColourChoice, decideColour, isCapable } from "./screen/colour.ts";
import { escapeControls, withoutLogCommands } from "./screen/inert-text.ts";
import { type Line, lineText } from "./screen/line.ts";
import type { ScreenSize } from "./screen/live-screen.ts";

export type Terminal = {
  /** Writes a line, or several, to stdout. */
  readonly say: (text: string | Line) => void;
  /** Writes a line, or several, to stderr. */
  readonly warn: (text: string | Line) => void;
  /** Told once what flags and environment want; until then both streams are plain. */
  readonly heed: (rules: OutputRules) => void;
};

export type OutputRules = {
  readonly colour: ColourChoice;
  readonly term: string | undefined;
  readonly noColour: string | undefined;
  readonly forceColour: string | undefined;
  /** A CI system keeps what is written: nothing is drawn over, even in a terminal. */
  readonly isCi: boolean;
  /** Its log obeys commands that stand in what is written. */
  readonly isGithub: boolean;
};

const PLAIN: OutputRules = {
  colour: "never",
  term: undefined,
  noColour: undefined,
  forceColour: undefined,
  isCi: false,
  isGithub: false,
};
const SIZE_DEFAULT: ScreenSize = { columns: 80, rows: 24 };
const RETRIES_MAX = 100_000;
const nap = new Int32Array(new SharedArrayBuffer(4));
let rules = PLAIN;
let occupant: Occupant | undefined;

/** The real stdout and stderr. */
export const terminal: Terminal = {
  say: (text) => tell(1, text),
  warn: (text) => tell(2, text),
  heed: (told) => {
    rules = told;
  },
};

/** One of the standard streams, for who writes more than lines. */
export type Stream = {
  /** As it is: what is written must be inert, and a command to a log if it looks like one. */
  readonly write: (text: string) => void;
  /** Lines for people; those of a live view go through it. */
  readonly print: (lines: readonly Line[]) => void;
  readonly isColour: boolean;
  /** Whether what was written can be drawn over. */
  readonly isLive: boolean;
  readonly size: () => ScreenSize;
  /** Calls at every new size, until the returned function is called. */
  readonly onResize: (act: () => void) => () => void;
};

/** stdout (1) or stderr (2), as the rules that were heeded make it. */
export function standardStream(fd: 1 | 2): Stream {
  const stream = fd === 1 ? process.stdout : process.stderr;
  return {
    write: (text) => writeWhole(fd, text),
    print: (lines) => {
      const text = lines.map((line) => lineText(line, isColour(fd))).join("\n");
      if (lines.length > 0) writeAround(fd, text);
    },
    isColour: isColour(fd),
    isLive: isatty(fd) && isCapable(rules.term) && !rules.isCi,
    // A pseudo-terminal may not know its size and say 0.
    size: () => ({
      columns: stream.columns || SIZE_DEFAULT.columns,
      rows: stream.rows || SIZE_DEFAULT.rows,
    }),
    onResize: (act) => {
      stream.on("resize", act);
      return () => void stream.off("resize", act);
    },
  };
}

/** Who has a view standing in the terminal. */
export type Occupant = {
  readonly stepAside: () => void;
  readonly comeBack: () => void;
  /** The process ends: the terminal must be as it was. */
  readonly leave: () => void;
};

/** Makes all other lines go around the occupant's view, and its `leave` sure, until the returned function is called. */
export function occupyTerminal(by: Occupant): () => void {
  occupant = by;
  process.on("exit", by.leave);
  const stopWatch = watchSuspension(by);
  return () => {
    occupant = undefined;
    process.off("exit", by.leave);
    stopWatch();
  };
}

/** Ctrl-Z gives the terminal back to the shell as it was, and `fg` takes it again. */
function watchSuspension(by: Occupant): () => void {
  if (process.platform === "win32") return () => undefined;
  const onStop = () => {
    by.leave();
    process.kill(process.pid, "SIGSTOP");
  };
  process.on("SIGTSTP", onStop);
  process.on("SIGCONT", by.comeBack);
  return () => {
    process.off("SIGTSTP", onStop);
    process.off("SIGCONT", by.comeBack);
  };
}

function isColour(fd: 1 | 2): boolean {
  const { colour: choice, term, noColour, forceColour } = rules;
  return decideColour({ choice, isTerminal: isatty(fd), term, noColour, forceColour });
}

function tell(fd: 1 | 2, text: string | Line): void {
  writeAround(fd, typeof text === "string" ? escapeControls(text) : lineText(text, isColour(fd)));
}

function writeAround(fd: 1 | 2, inert: string): void {
  const aside = isatty(fd) ? occupant : undefined;
  aside?.stepAside();
  writeWhole(fd, `${rules.isGithub ? withoutLogCommands(inert) : inert}\n`);
  aside?.comeBack();
}

/** The reader has gone: `| head` had enough, the terminal was closed. Nothing more is wanted. */
const GONE: ReadonlySet<unknown> = new Set(["EPIPE", "EIO"]);

function writeWhole(fd: number, text: string): void {
  let bytes = Buffer.from(text);
  for (let retry = 0; bytes.length > 0 && retry < RETRIES_MAX; ) {
    try {
      bytes = bytes.subarray(writeSync(fd, bytes));
    } catch (thrown) {
      const code = codeOf(thrown);
      if (GONE.has(code)) return;
      if (code !== "EAGAIN") throw thrown;
      retry += 1;
      Atomics.wait(nap, 0, 0, 2);
    }
  }
}

function codeOf(thrown: unknown): unknown {
  return thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
}
