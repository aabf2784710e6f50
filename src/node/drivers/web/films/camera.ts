/**
 * What all films of an attempt are cut from: a reel of pictures, filled while at least one film runs. Live from the
 * screencast; where a secret may be seen, of masked stills (`isMasked`), also from the first password on.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { CDPSession, Page } from "playwright-core";
import { type Clock, pause } from "#shared/clock.ts";
import { messageOf } from "#shared/errors.ts";
import type { SessionOptions } from "../../driver.ts";
import { TICK_MS } from "./encode.ts";
import type { PictureSize } from "./matroska.ts";
import { createReel, type FilmSpan, type Reel, type ReelPicture } from "./reel.ts";
import { type Screencast, startScreencast } from "./screencast.ts";
import { createStills, type Stills } from "./stills.ts";

export type CameraParts = {
  readonly page: Page;
  readonly control: CDPSession;
  readonly options: SessionOptions;
  readonly clock: Clock;
  /** The page's viewport, CSS pixels. */
  readonly size: PictureSize;
};

const MASKED_FROM_NOW =
  "A password was typed: from here on the film is of masked pictures, one after each step and two a second while it waits";
const REEL_BYTES_MAX = 256 * 1024 * 1024;
/** Of all pictures: one takes 27 ms of CPU time at 1920×1080 to encode, and all must be ready soon after the attempt. */
const REEL_PIXELS_MAX = 2.5e9;
/** A change that was made just now needs a moment to be painted. */
const PAINT_MS = 50;
/** How long the last picture may take to come. */
const LAST_PICTURE_MS_MAX = 250;

/** The page that is filmed, where several are. */
export type Filmed = Pick<CameraParts, "page" | "control">;

export class Camera {
  #parts: CameraParts;
  #reel: Reel | undefined;
  #screencast: Promise<Screencast> | undefined;
  #stills: Stills | undefined;
  #fault: string | undefined;

  constructor(parts: CameraParts) {
    this.#parts = parts;
  }

  get isMasked(): boolean {
    const { usesSecrets, redactor } = this.#parts.options;
    return usesSecrets || redactor.hasLearned;
  }

  /** Why there are no pictures, as far as it is known. */
  get fault(): string {
    return this.#fault ?? "the page showed no picture";
  }

  /** The least time between two pictures: more than a tick when the reel grew too large. */
  get intervalMs(): number {
    return this.#reel?.intervalMs() ?? TICK_MS;
  }

  /** Begins to fill the reel; resolves when the page as it stands is in it, or after a second. */
  async start(): Promise<void> {
    const { page, control, size, clock, options } = this.#parts;
    const reel = this.#reel ?? (await this.#createReel());
    this.#reel = reel;
    if (this.isMasked) {
      const { redactor } = options;
      this.#stills ??= createStills({ page, redactor, clock, onPicture: reel.add });
      return this.#stills.take();
    }
    // A password is learned before it is typed, so that no picture of it is kept.
    const onPicture: Reel["add"] = (jpeg, atMs) => {
      if (!this.isMasked) reel.add(jpeg, atMs);
    };
    this.#screencast ??= startScreencast({ control, size, clock, onPicture });
    await this.#screencast;
  }

  /** Puts the page as it stands now into the reel, when it is being filled. */
  async lastPicture(): Promise<void> {
    const { clock } = this.#parts;
    await this.#goOnMasked();
    if (this.#stills !== undefined) return this.#stills.take();
    const screencast = this.#screencast;
    if (screencast === undefined) return;
    await pause(clock, PAINT_MS);
    const { refresh } = await screencast;
    await Promise.race([refresh(), pause(clock, LAST_PICTURE_MS_MAX)]);
  }

  /** To be called when a step is over. */
  async afterStep(): Promise<void> {
    await this.#goOnMasked();
    await this.#stills?.take();
  }

  /** From the first password on the film is one of stills. */
  async #goOnMasked(): Promise<void> {
    const screencast = this.#screencast;
    if (screencast === undefined || !this.isMasked) return;
    this.#screencast = undefined;
    await (await screencast).stop();
    this.#parts.options.warn(MASKED_FROM_NOW);
    await this.start();
  }

  /** Runs what leaves the page alone. */
  watch<T>(act: () => Promise<T>): Promise<T> {
    return this.#stills === undefined ? act() : this.#stills.takeDuring(act);
  }

  /** Goes on with another page, where it is filming; what is shown there is fitted into the film's size. */
  async follow({ page, control }: Filmed): Promise<void> {
    const isRunning = this.#screencast !== undefined || this.#stills !== undefined;
    const { size } = this.#parts;
    this.#parts = { ...this.#parts, page, control, size: page.viewportSize() ?? size };
    if (!isRunning) return;
    const screencast = this.#screencast;
    this.#screencast = undefined;
    this.#stills = undefined;
    await (await screencast)?.stop();
    await this.start();
  }

  /** Stops filling the reel; what is in it stays, and nothing is written any more. */
  async stop(): Promise<void> {
    const screencast = this.#screencast;
    this.#screencast = undefined;
    this.#stills = undefined;
    await (await screencast)?.stop();
    await this.#reel?.settled();
  }

  /** What was to be seen in a span. */
  async cut(span: FilmSpan): Promise<readonly ReelPicture[]> {
    return (await this.#reel?.cut(span)) ?? [];
  }

  async #createReel(): Promise<Reel> {
    const folder = join(this.#parts.options.workspaceDir, "reel");
    await mkdir(folder, { recursive: true });
    const onFault = (thrown: unknown) => {
      this.#fault ??= `its pictures were not kept: ${messageOf(thrown)}`;
    };
    const { width, height } = this.#parts.size;
    const picturesMax = Math.ceil(REEL_PIXELS_MAX / (width * height));
    const bounds = { bytesMax: REEL_BYTES_MAX, picturesMax };
    return createReel({ folder, intervalMs: TICK_MS, ...bounds, onFault });
  }
}
