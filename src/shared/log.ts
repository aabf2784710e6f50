/** Logging as an argument: parts take a `Log`; where the lines go (stderr, by LogTape) is decided here, once a process. */
import {
  configureSync,
  getConsoleSink,
  getLogger,
  type LogLevel,
  type LogRecord,
} from "@logtape/logtape";
import type { Clock } from "./clock.ts";

export type LogFields = Readonly<Record<string, unknown>>;

/** Values of secrets never go in (K1): callers log ids, counts and sentences of ours. */
export type Log = {
  readonly debug: (message: string, fields?: LogFields) => void;
  readonly info: (message: string, fields?: LogFields) => void;
  readonly warn: (message: string, fields?: LogFields) => void;
  readonly error: (message: string, fields?: LogFields) => void;
};

export type LogOptions = {
  /** Default `info`. */
  readonly level?: "debug" | "info" | "warning" | "error";
  /** Default: stderr, since stdout is for what a command answers. */
  readonly write?: (line: string) => void;
};

/** Sends every log line of this process to stderr; called once, by a program's main file. */
export function configureLog(options: LogOptions = {}): void {
  const write = options.write ?? ((line: string) => void process.stderr.write(line));
  const lowestLevel: LogLevel = options.level ?? "info";
  configureSync({
    reset: true,
    sinks: { stderr: (record) => write(lineOf(record)), meta: getConsoleSink() },
    loggers: [
      { category: ["panoptic"], sinks: ["stderr"], lowestLevel },
      { category: ["logtape", "meta"], sinks: ["meta"], lowestLevel: "error" },
    ],
  });
}

/** Makes the log of one part, named in each of its lines. Silent until `configureLog` was called. */
export function createLog(part: string): Log {
  const logger = getLogger(["panoptic", part]);
  return {
    debug: (message, fields) => logger.debug(plain(message), fields),
    info: (message, fields) => logger.info(plain(message), fields),
    warn: (message, fields) => logger.warn(plain(message), fields),
    error: (message, fields) => logger.error(plain(message), fields),
  };
}

/** Says nothing: for tests. */
export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** Lets a warning of one kind through once a minute, with how many there were (protocol.md, Subjects). */
export function createRareWarning(log: Log, clock: Clock): (kind: string, message: string) => void {
  const said = new Map<string, { atMs: number; count: number }>();
  return (kind, message) => {
    const last = said.get(kind);
    const count = (last?.count ?? 0) + 1;
    const isDue = last === undefined || clock.monotonicMs() - last.atMs >= 60_000;
    if (isDue) log.warn(message, { kind, count });
    said.set(kind, { atMs: isDue ? clock.monotonicMs() : last.atMs, count });
  };
}

/** LogTape reads `{name}` in a message as a placeholder. */
const plain = (message: string): string => message.replaceAll("{", "{{").replaceAll("}", "}}");

function lineOf(record: LogRecord): string {
  const time = new Date(record.timestamp).toISOString();
  const part = record.category.slice(1).join(".");
  const fields = Object.entries(record.properties).map(
    ([key, value]) => ` ${key}=${textOf(value)}`,
  );
  return `${time} ${record.level} ${part}: ${record.message.join("")}${fields.join("")}\n`;
}

function textOf(value: unknown): string {
  if (value instanceof Error) return JSON.stringify(value.message);
  return typeof value === "string" && /^[\w.:/@-]+$/.test(value) ? value : JSON.stringify(value);
}
