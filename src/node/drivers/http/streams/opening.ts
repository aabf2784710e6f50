/** The head of an answer on a socket of ours, read by hand: what comes after it belongs to who takes the socket over. */
import type { Socket } from "node:net";

export type Opened = {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  /** What came after the head already. */
  readonly rest: Uint8Array;
};

const HEAD_BYTES_MAX = 64 * 1024;

/** Reads up to the empty line and leaves the socket paused. @throws {Error} When it ends before. */
export function readHead(socket: Socket): Promise<Opened> {
  return new Promise((resolve, reject) => {
    let seen = Buffer.alloc(0);
    const leave = () => {
      socket.off("data", take);
      socket.off("error", fail);
      socket.off("close", end);
    };
    const fail = (thrown: Error) => {
      leave();
      reject(thrown);
    };
    const end = () => fail(new Error("the connection was closed without an answer"));
    const take = (piece: Uint8Array) => {
      seen = Buffer.concat([seen, piece]);
      const at = seen.indexOf("\r\n\r\n");
      if (at === -1) {
        if (seen.length > HEAD_BYTES_MAX)
          fail(new Error("the headers of the answer are too large"));
        return;
      }
      socket.pause();
      leave();
      // Until somebody takes it over, an error has no other listener.
      socket.on("error", () => undefined);
      try {
        resolve({
          ...parseHead(seen.subarray(0, at).toString("latin1")),
          rest: seen.subarray(at + 4),
        });
      } catch (thrown) {
        reject(thrown);
      }
    };
    socket.on("data", take);
    socket.once("error", fail);
    socket.once("close", end);
  });
}

function parseHead(head: string): Omit<Opened, "rest"> {
  const [first = "", ...lines] = head.split("\r\n");
  const [, status, statusText = ""] = /^HTTP\/1\.[01] (\d{3}) ?(.*)$/.exec(first) ?? [];
  if (status === undefined) throw new Error("the answer is no HTTP");
  const headers = new Headers();
  for (const line of lines) {
    const [, name, value] = /^([^:\s]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) headers.append(name, value);
  }
  return { status: Number(status), statusText, headers };
}
