/**
 * The bytes of one client's stream: written when it has room, kept awake by heartbeats, dropped when it takes nothing.
 *
 * States: waiting (everything given, `pull` pends until something is new), behind (the client has no room, `pull` is not
 * called), closed for ever (end of the run, the client left, the gateway stops, N3).
 */
import type { Clock, Timer } from "#shared/clock.ts";
import type { NoticeSource } from "./notice-source.ts";

export type NoticeStreamOptions = {
  readonly source: NoticeSource;
  readonly clock: Clock;
  /** Called once, when the client was dropped because it took nothing for `stallMs` (N3). */
  readonly onStalled: (stallMs: number) => void;
  /** Called once, however the stream ended. */
  readonly onClosed: () => void;
};

export type NoticeStream = {
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly end: () => void;
};

type Controller = ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;

const HEARTBEAT_MS = 5_000;
const STALL_MS = 60_000;
const HEARTBEAT = ": heartbeat\n\n";

/** Opens the stream of one client. */
export function openNoticeStream(of: NoticeStreamOptions): NoticeStream {
  const { source, clock } = of;
  const encoder = new TextEncoder();
  const bell = createBell();
  let controller: Controller | undefined;
  let isClosed = false;
  let isHeartbeatDue = false;
  let takenMs = clock.monotonicMs();

  const close = (how: (open: Controller) => void) => {
    if (isClosed) return;
    isClosed = true;
    timer.cancel();
    source.stop();
    bell.ring();
    if (controller !== undefined) how(controller);
    of.onClosed();
  };
  const end = () => close((open) => open.close());
  const beat = () => {
    if (clock.monotonicMs() - takenMs > STALL_MS) {
      of.onStalled(STALL_MS);
      // Not closed: what waits for the client would still be sent, and it takes nothing.
      return close((open) => open.error(new Error("The client takes nothing")));
    }
    isHeartbeatDue = true;
    timer = clock.after(HEARTBEAT_MS, beat);
    return bell.ring();
  };
  let timer: Timer = clock.after(HEARTBEAT_MS, beat);

  const nextText = (): string => {
    takenMs = clock.monotonicMs();
    const text = source.next();
    if (text !== "" || !isHeartbeatDue) return text;
    isHeartbeatDue = false;
    return HEARTBEAT;
  };
  const pull = async (open: Controller) => {
    let text = nextText();
    while (text === "" && !source.isAtEnd()) {
      await bell.wait();
      if (isClosed) return; // re-checked after await
      text = nextText();
    }
    if (text !== "") open.enqueue(encoder.encode(text));
    if (source.isAtEnd()) end();
  };
  const start = (open: Controller) => {
    controller = open;
    source.watch(bell.ring);
    // Something at once, so that the client sees its stream open.
    open.enqueue(encoder.encode("retry: 1000\n\n"));
  };
  const cancel = () => close(() => undefined);
  return { body: new ReadableStream({ start, pull, cancel }, { highWaterMark: 1 }), end };
}

type Bell = {
  readonly ring: () => void;
  /** Resolves at the next ring, at once when it rang since the last wait. */
  readonly wait: () => Promise<void>;
};

function createBell(): Bell {
  let next = Promise.withResolvers<void>();
  return {
    ring: () => next.resolve(),
    wait: async () => {
      await next.promise;
      next = Promise.withResolvers<void>();
    },
  };
}
