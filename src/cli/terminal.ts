/**
 * What the program says, and how it gets out whole: results on stdout, words about them on stderr.
 * Written synchronously: Bun drops what is still queued for a pipe when the process exits (measured 2026-11, 1.4.5).
 */
import { writeSync } from "node:fs";
import { isatty } from "node:tty";

export type Terminal = {
  /** Writes a line to stdout. */
  readonly say: (line: string) => void;
  /** Writes a line to stderr. */
  readonly warn: (line: string) => void;
};

const COLUMNS_DEFAULT = 80;
const RETRIES_MAX = 100_000;
const nap = new Int32Array(new SharedArrayBuffer(4));

/** The real stdout and stderr. */
export const terminal: Terminal = {
  say: (line) => writeWhole(1, `${line}\n`),
  warn: (line) => writeWhole(2, `${line}\n`),
};

/** One of the standard streams, with what a progress line needs to know of it. */
export type Stream = {
  readonly write: (text: string) => void;
  readonly isTerminal: boolean;
  /** Characters in a line of it. */
  readonly columns: () => number;
};

/** stdout (1) or stderr (2). */
export function standardStream(fd: 1 | 2): Stream {
  const stream = fd === 1 ? process.stdout : process.stderr;
  return {
    write: (text) => writeWhole(fd, text),
    isTerminal: isatty(fd),
    // A pseudo-terminal may not know its width and say 0.
    columns: () => stream.columns || COLUMNS_DEFAULT,
  };
}

function writeWhole(fd: number, text: string): void {
  let bytes = Buffer.from(text);
  for (let retry = 0; bytes.length > 0 && retry < RETRIES_MAX; ) {
    try {
      bytes = bytes.subarray(writeSync(fd, bytes));
    } catch (thrown) {
      const code = codeOf(thrown);
      if (code === "EPIPE") return; // The reader has gone (`| head`): nothing more is wanted.
      if (code !== "EAGAIN") throw thrown;
      retry += 1;
      Atomics.wait(nap, 0, 0, 2);
    }
  }
}

function codeOf(thrown: unknown): unknown {
  return thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
}
