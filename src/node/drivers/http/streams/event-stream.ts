/** Server-sent events (the HTML standard, section 9.2) as an open answer; what ends is not opened again. */
import { describeNetworkFault } from "../faults.ts";
import type { Answer } from "../sending.ts";
import { Inbox, MESSAGE_BYTES_MAX } from "./inbox.ts";

export class EventStream {
  readonly inbox = new Inbox();
  readonly #controller: AbortController;

  /** @param controller Aborts the request whose answer it is. */
  constructor(answer: Answer, controller: AbortController) {
    this.#controller = controller;
    void this.#read(answer);
  }

  /** Ends it at once. */
  destroy(reason = "it was closed"): void {
    this.inbox.close({ reason });
    this.#controller.abort();
  }

  /** Never throws: what goes wrong is how it ended. */
  async #read(answer: Answer): Promise<void> {
    const parser = new EventParser((event) => this.inbox.push(event));
    const decoder = new TextDecoder();
    try {
      for await (const piece of answer.body ?? []) {
        if (this.inbox.end !== undefined) return;
        if (!parser.read(decoder.decode(piece, { stream: true })))
          return this.destroy(
            `it was closed because an event is larger than ${MESSAGE_BYTES_MAX} bytes`,
          );
      }
      this.inbox.close({ reason: "the server ended it" });
    } catch (thrown) {
      this.inbox.close({ reason: `it broke off: ${describeNetworkFault(thrown)}` });
    }
  }
}

type ServerEvent = { readonly text: string; readonly event: string; readonly id: string };

/** Takes text as it comes and gives the events that are complete. */
export class EventParser {
  readonly #give: (event: ServerEvent) => void;
  #left = "";
  #isFirst = true;
  #data: string[] = [];
  #length = 0;
  #event = "";
  #id = "";

  constructor(give: (event: ServerEvent) => void) {
    this.#give = give;
  }

  /** False: an event is too large. */
  read(text: string): boolean {
    const start = this.#isFirst ? text.replace(/^\uFEFF/, "") : text;
    if (text !== "") this.#isFirst = false;
    const whole = this.#left + start;
    // A carriage return at the end may be half of a line's end.
    const lines = whole.split(/\r\n|\n|\r(?!$)/);
    this.#left = lines.pop() ?? "";
    for (const line of lines) this.#line(line);
    return this.#length + this.#left.length <= MESSAGE_BYTES_MAX;
  }

  #line(line: string): void {
    if (line === "") return this.#end();
    if (line.startsWith(":")) return;
    const at = line.indexOf(":");
    const field = at === -1 ? line : line.slice(0, at);
    const value = at === -1 ? "" : line.slice(at + 1).replace(/^ /, "");
    if (field === "event") this.#event = value;
    if (field === "id" && !value.includes("\0")) this.#id = value;
    if (field !== "data") return;
    this.#data.push(value);
    this.#length += value.length + 1;
  }

  #end(): void {
    const { length } = this.#data;
    if (length > 0)
      this.#give({
        text: this.#data.join("\n"),
        event: this.#event === "" ? "message" : this.#event,
        id: this.#id,
      });
    this.#data = [];
    this.#length = 0;
    this.#event = "";
  }
}
