/** A TCP proxy between a node and its mesh, by which a test cuts a connection or holds back one direction of it. */
import { connect, createServer, type Server, type Socket } from "node:net";

/** `up`: what the node says. `down`: what it is told. */
export type Direction = "up" | "down";

export type TcpProxy = AsyncDisposable & {
  readonly port: number;
  /** Ends all connections and lets no new one through. */
  readonly cut: () => void;
  /** Lets connections through again. */
  readonly restore: () => void;
  /** Keeps what comes in this direction, until `release`. */
  readonly hold: (direction: Direction) => void;
  readonly release: (direction: Direction) => void;
  /** How often the text was sent in this direction, also when it is held back. */
  readonly count: (direction: Direction, text: string) => number;
};

type Pair = { readonly node: Socket; readonly mesh: Socket };

/** Starts a proxy of `address()` on a free port of loopback; the address is asked for at each connection. */
export async function startTcpProxy(
  address: () => { readonly host: string; readonly port: number },
): Promise<TcpProxy> {
  const pairs = new Set<Pair>();
  const held = new Map<Direction, (() => void)[]>();
  const seen: Record<Direction, string> = { up: "", down: "" };
  let isCut = false;
  const forward = (direction: Direction, to: Socket) => (data: Buffer) => {
    seen[direction] += data.toString("latin1");
    const send = () => void to.write(data);
    const waiting = held.get(direction);
    if (waiting === undefined) send();
    else waiting.push(send);
  };
  const server = createServer((node) => {
    if (isCut) return void node.destroy();
    const pair = { node, mesh: connect(address()) };
    pairs.add(pair);
    node.on("data", forward("up", pair.mesh));
    pair.mesh.on("data", forward("down", node));
    for (const socket of [node, pair.mesh]) {
      socket.on("error", () => undefined); // Its close says so.
      socket.once("close", () => endPair(pairs, pair));
    }
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const cut = () => {
    isCut = true;
    for (const pair of pairs) endPair(pairs, pair);
  };
  return {
    port: portOf(server),
    cut,
    restore: () => {
      isCut = false;
    },
    hold: (direction) => void held.set(direction, held.get(direction) ?? []),
    release: (direction) => {
      const waiting = held.get(direction) ?? [];
      held.delete(direction);
      for (const send of waiting) send();
    },
    count: (direction, text) => seen[direction].split(text).length - 1,
    [Symbol.asyncDispose]: async () => {
      cut();
      await new Promise((done) => server.close(done));
    },
  };
}

function endPair(pairs: Set<Pair>, pair: Pair): void {
  pairs.delete(pair);
  pair.node.destroy();
  pair.mesh.destroy();
}

function portOf(server: Server): number {
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("The proxy has no port");
  return address.port;
}
