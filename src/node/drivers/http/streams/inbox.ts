/**
 * What has come over an open connection and nobody has received yet, bounded: a message is received once, by the first
 * step that it fits; others wait for theirs. All that passed is kept for evidence, in short.
 */

export type Message = {
  /** Of binary ones, their bytes as UTF-8. */
  readonly text: string;
  /** Absent: text. */
  readonly bytes?: Uint8Array;
  readonly event?: string;
  readonly id?: string;
};

/** How the connection ended, as a sentence, and by what code. */
export type StreamEnd = { readonly reason: string; readonly code?: number };

/** Messages that wait; the oldest gives way. */
export const MESSAGES_MAX = 1_000;
/** Of one message, bytes; a larger one ends the connection. */
export const MESSAGE_BYTES_MAX = 1024 * 1024;
/** Of all that wait together, characters. */
const WAITING_LENGTH_MAX = 32 * 1024 * 1024;
const LINES_MAX = 1_000;
const LINE_LENGTH_MAX = 2_000;

export class Inbox {
  readonly #waiting: Message[] = [];
  readonly #lines: string[] = [];
  #waitingLength = 0;
  #droppedCount = 0;
  #droppedLines = 0;
  #end: StreamEnd | undefined;
  #changed = Promise.withResolvers<void>();

  /** How it ended; undefined while it is open. */
  get end(): StreamEnd | undefined {
    return this.#end;
  }

  /** Takes a message in. */
  push(message: Message): void {
    const event = message.event === undefined ? "" : `${message.event}: `;
    this.note(
      `< ${event}${message.bytes === undefined ? message.text : `${message.bytes.length} bytes`}`,
    );
    this.#waiting.push(message);
    this.#waitingLength += message.text.length;
    while (this.#waiting.length > MESSAGES_MAX || this.#waitingLength > WAITING_LENGTH_MAX) {
      this.#waitingLength -= this.#waiting.shift()?.text.length ?? 0;
      this.#droppedCount += 1;
    }
    this.#wake();
  }

  /** Marks it as ended; the first reason stays. */
  close(end: StreamEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.note(`. ${end.reason}`);
    this.#wake();
  }

  /** Adds a line to the evidence. */
  note(line: string): void {
    const cut = line.length > LINE_LENGTH_MAX ? `${line.slice(0, LINE_LENGTH_MAX)}…` : line;
    this.#lines.push(cut);
    if (this.#lines.length <= LINES_MAX) return;
    this.#lines.shift();
    this.#droppedLines += 1;
  }

  /** Everything that passed, one line each. */
  transcript(): string {
    const before = this.#droppedLines === 0 ? [] : [`… ${this.#droppedLines} earlier lines`];
    return [...before, ...this.#lines].join("\n");
  }

  /** Takes the first message that fits; undefined when the connection ended without one. @throws The signal's reason. */
  async take(
    isFit: (message: Message) => boolean,
    signal: AbortSignal,
  ): Promise<Message | undefined> {
    let looked = 0;
    for (;;) {
      const index = this.#waiting.findIndex((message, at) => at >= looked && isFit(message));
      if (index !== -1) return this.#remove(index);
      looked = this.#waiting.length;
      if (this.#end !== undefined) return undefined;
      const before = this.#droppedCount;
      await this.#change(signal);
      // What gave way moved the others.
      looked = Math.max(0, looked - (this.#droppedCount - before));
    }
  }

  /** Waits until the connection has ended. @throws The signal's reason. */
  async ended(signal: AbortSignal): Promise<StreamEnd> {
    while (this.#end === undefined) await this.#change(signal);
    return this.#end;
  }

  /** What waits: how many, how many gave way, the last one. */
  describe(): string {
    const { length } = this.#waiting;
    const last = this.#waiting.at(-1);
    const dropped =
      this.#droppedCount === 0 ? "" : `, ${this.#droppedCount} older ones were dropped`;
    if (last === undefined) return `no message waits${dropped}`;
    const event = last.event === undefined ? "" : `event ${last.event} `;
    const shown = last.text.length > 300 ? `${last.text.slice(0, 300)}…` : last.text;
    const count = length === 1 ? "1 other message waits" : `${length} other messages wait`;
    return `${count}${dropped}, the last: ${event}${JSON.stringify(shown)}`;
  }

  #remove(index: number): Message | undefined {
    const [message] = this.#waiting.splice(index, 1);
    this.#waitingLength -= message?.text.length ?? 0;
    return message;
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }

  async #change(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const aborted = Promise.withResolvers<never>();
    const abort = () => aborted.reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    try {
      await Promise.race([this.#changed.promise, aborted.promise]);
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }
}
