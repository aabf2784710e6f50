/** P: takes a Server-Sent Events stream apart (WHATWG HTML, 9.2.6), as far as our gateway uses it: id, event, data. */

export type ServerEvent = { readonly id: string; readonly event: string; readonly data: string };

/** Feeds chunks of text and returns the events that they complete. */
export type SseParser = { readonly feed: (chunk: string) => ServerEvent[] };

/** The most that one unfinished event may hold, characters. */
const PENDING_LENGTH_MAX = 16 * 1024 * 1024;

/** Makes a parser for one stream. */
export function createSseParser(): SseParser {
  let pending = "";
  return {
    feed: (chunk) => {
      pending = (pending + chunk).replaceAll("\r\n", "\n");
      if (pending.length > PENDING_LENGTH_MAX)
        throw new RangeError("Cannot read the event stream: an event has no end");
      const blocks = pending.split("\n\n");
      pending = blocks.pop() ?? "";
      return blocks.map(readBlock).filter((event) => event.data !== "");
    },
  };
}

function readBlock(block: string): ServerEvent {
  const fields = { id: "", event: "message", data: [] as string[] };
  for (const line of block.split("\n")) {
    const [name, value] = readLine(line);
    if (name === "id") fields.id = value;
    else if (name === "event") fields.event = value;
    else if (name === "data") fields.data.push(value);
  }
  return { ...fields, data: fields.data.join("\n") };
}

function readLine(line: string): readonly [name: string, value: string] {
  const colon = line.indexOf(":");
  if (colon === -1) return [line, ""];
  const value = line.slice(colon + 1);
  return [line.slice(0, colon), value.startsWith(" ") ? value.slice(1) : value];
}
