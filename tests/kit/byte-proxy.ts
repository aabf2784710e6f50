/** A TCP proxy that counts the bytes which a node sends, keeps none of them, and acts when so many have passed. */
import { connect, createServer, type Socket } from "node:net";

export type ByteProxy = AsyncDisposable & {
  readonly port: number;
  /** Bytes that came from nodes since the last call of `at`. */
  readonly sent: () => number;
  /** Counts anew, and calls `act` once when `bytes` have come. */
  readonly at: (bytes: number, act: () => void) => void;
  /** Ends all connections; new ones go through. */
  readonly reset: () => void;
};

/** Starts one on a free port of loopback; the address is asked for at each connection. */
export async function startByteProxy(
  address: () => { readonly host: string; readonly port: number },
): Promise<ByteProxy> {
  const sockets = new Set<Socket>();
  let sent = 0;
  let due: { readonly bytes: number; readonly act: () => void } | undefined;
  const count = (bytes: number) => {
    sent += bytes;
    if (due === undefined || sent < due.bytes) return;
    const { act } = due;
    due = undefined;
    act();
  };
  const server = createServer((node) => {
    const mesh = connect(address());
    for (const [socket, other] of [
      [node, mesh],
      [mesh, node],
    ] as const) {
      sockets.add(socket);
      socket.on("error", () => undefined); // Its close says so.
      socket.once("close", () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    node.on("data", (data) => {
      if (mesh.destroyed) return;
      // Only as fast as the other side takes it: nothing piles up here.
      if (!mesh.write(data)) {
        node.pause();
        mesh.once("drain", () => node.resume());
      }
      count(data.length);
    });
    mesh.on("data", (data) => void node.write(data));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const bound = server.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : 0;
  const reset = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port,
    sent: () => sent,
    at: (bytes, act) => {
      sent = 0;
      due = { bytes, act };
    },
    reset,
    [Symbol.asyncDispose]: async () => {
      reset();
      await new Promise((done) => server.close(done));
    },
  };
}
