/**
 * Live pictures of a page from Chromium's own screencast. A picture comes when the page changes, at most 25 a second, and
 * one always at the start. Owns its own protocol session's screencast: Playwright's trace has another, of its own size.
 *
 * Chromium drops what comes while two pictures are not yet confirmed, so that the last change before a rest may be missing:
 * after a rest the screencast is started anew, which brings the page as it stands (without this, 20 of 20 last changes
 * were lost at one unconfirmed picture, measured 2026-11).
 */
import type { CDPSession } from "playwright-core";
import type { Clock, Timer } from "#shared/clock.ts";
import { jpegSize } from "./jpeg-size.ts";
import type { PictureSize } from "./matroska.ts";

export type Screencast = {
  /** Brings the page as it stands now; resolves when its picture is there, or after a moment. */
  readonly refresh: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

export type ScreencastOptions = {
  readonly control: CDPSession;
  readonly size: PictureSize;
  readonly clock: Clock;
  /** A JPEG and when the page looked so, monotonic milliseconds. */
  readonly onPicture: (jpeg: Uint8Array, atMs: number) => void;
};

const JPEG_QUALITY = 80;
/** With two pictures on the way at once: 25 a second. */
const CONFIRM_AFTER_MS = 80;
const REST_MS = 200;
const PICTURE_MS_MAX = 1_000;
/** The time that a picture carries is the system's: one that was set meanwhile must not move it far. */
const AGE_MS_MAX = 1_000;
/** Sides are rounded to whole pixels. */
const SHAPE_FAULT_MAX = 0.02;

/** Starts it; resolves when the first picture is there, or after a second. */
export async function startScreencast(options: ScreencastOptions): Promise<Screencast> {
  const { control, clock } = options;
  let isStopped = false;
  let rest: Timer | undefined;
  let isRefresh = true;
  let arrived = Promise.withResolvers<void>();
  const send = async (act: "start" | "stop") => {
    const { width: maxWidth, height: maxHeight } = options.size;
    const parameters = { format: "jpeg", quality: JPEG_QUALITY, maxWidth, maxHeight } as const;
    const sent =
      act === "start"
        ? control.send("Page.startScreencast", parameters)
        : control.send("Page.stopScreencast");
    // A page that is gone shows nothing any more.
    await sent.catch(() => undefined);
  };
  const begin = async () => {
    arrived = Promise.withResolvers<void>();
    isRefresh = true;
    await send("start");
    const late = clock.after(PICTURE_MS_MAX, arrived.resolve);
    await arrived.promise;
    late.cancel();
  };
  const refresh = async () => {
    rest?.cancel();
    if (isStopped) return;
    await send("stop");
    if (!isStopped) await begin();
  };
  const onFrame = (frame: Frame) => {
    if (isStopped) return;
    const jpeg = Buffer.from(frame.data, "base64");
    if (isOfViewport(jpeg, options.size)) {
      options.onPicture(jpeg, takenAtMs(frame, clock));
      arrived.resolve();
    }
    confirmLater(options, frame.sessionId);
    rest?.cancel();
    // The picture of a refresh is the last word already.
    if (!isRefresh) rest = clock.after(REST_MS, () => void refresh());
    isRefresh = false;
  };
  control.on("Page.screencastFrame", onFrame);
  await begin();
  return {
    refresh,
    stop: async () => {
      isStopped = true;
      rest?.cancel();
      arrived.resolve();
      control.off("Page.screencastFrame", onFrame);
      await send("stop");
    },
  };
}

type Frame = {
  readonly data: string;
  readonly sessionId: number;
  readonly metadata: { readonly timestamp?: number };
};

/** While a picture of the whole page is taken, Chromium lays the page out as high as it is, and shows that too. */
function isOfViewport(jpeg: Uint8Array, { width, height }: PictureSize): boolean {
  const seen = jpegSize(jpeg);
  if (seen === undefined) return false;
  const shape = seen.width / seen.height / (width / height);
  return Math.abs(shape - 1) < SHAPE_FAULT_MAX;
}

function takenAtMs({ metadata }: Frame, clock: Clock): number {
  const nowMs = clock.monotonicMs();
  if (metadata.timestamp === undefined) return nowMs;
  const ageMs = clock.wallMs() - metadata.timestamp * 1000;
  return nowMs - Math.min(Math.max(0, ageMs), AGE_MS_MAX);
}

function confirmLater({ control, clock }: ScreencastOptions, sessionId: number): void {
  clock.after(CONFIRM_AFTER_MS, () => {
    // A page that is gone waits for no confirmation.
    control.send("Page.screencastFrameAck", { sessionId }).catch(() => undefined);
  });
}
