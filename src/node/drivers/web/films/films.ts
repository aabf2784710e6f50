/**
 * The films of one attempt: which run, when each ends, and that every one that was asked for is there in the end or missing
 * with its reason. All are cut from one reel of pictures; encoding runs beside the steps, one film at a time.
 *
 * A film is open → over (its span is fixed) → kept or missing. `conclude` is the last move of all of them; `close` ends
 * what is under way, also the encoder's process.
 */
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { CDPSession } from "playwright-core";
import type { VideoFormat } from "#proto/evidence.ts";
import type { Step } from "#proto/step.ts";
import { type Clock, pause, type Timer } from "#shared/clock.ts";
import { messageOf } from "#shared/errors.ts";
import { type Ending, type SessionOptions, StepError } from "../../driver.ts";
import { type Named, nameFilm } from "../file-names.ts";
import { encodeFilm, TICK_MS } from "./encode.ts";
import { FFMPEG_FIX, type FfmpegPlaces, findFfmpeg } from "./find-ffmpeg.ts";
import type { PictureSize } from "./matroska.ts";
import { createReel, type Reel } from "./reel.ts";
import { type Screencast, startScreencast } from "./screencast.ts";

type RecordStep = Extract<Step, { kind: "record" }>;

export type FilmsParts = {
  readonly control: CDPSession;
  readonly options: SessionOptions;
  readonly clock: Clock;
  /** The page's viewport, CSS pixels. */
  readonly size: PictureSize;
  readonly places: FfmpegPlaces;
};

type Film = Named<VideoFormat> & {
  /** As the step named it. */
  readonly wanted: string;
  readonly fromMs: number;
  /** When a timed film is over; undefined for one that runs until it is stopped. */
  readonly untilMs: number | undefined;
  readonly timer: Timer | undefined;
  toMs?: number;
};

const DEFAULT_NAME = "video";
const FILMS_MAX = 50;
const REEL_BYTES_MAX = 256 * 1024 * 1024;
/** A change that was made just now needs a moment to be painted. */
const PAINT_MS = 50;
/** How long the last picture may take to come. */
const LAST_PICTURE_MS_MAX = 250;

export class Films {
  readonly #parts: FilmsParts;
  readonly #films: Film[] = [];
  readonly #closing = new AbortController();
  #reel: Reel | undefined;
  #screencast: Promise<Screencast> | undefined;
  #encoding: Promise<void> = Promise.resolve();
  /** The whole attempt, by policy. */
  #whole: Film | undefined;
  #fault: string | undefined;

  constructor(parts: FilmsParts) {
    this.#parts = parts;
  }

  /** Starts the film of the whole attempt when the policy wants one and it can be had. */
  async begin(): Promise<void> {
    const { evidence } = this.#parts.options;
    if (evidence.video === "off" || this.#refusal() !== undefined) return;
    this.#whole = await this.#open({ wanted: DEFAULT_NAME, forMs: undefined, format: undefined });
  }

  /** Performs a `record` step. @throws {StepError} When the page cannot be filmed, or there is no such film to stop. */
  async record(step: RecordStep, signal: AbortSignal): Promise<void> {
    if (step.action === "stop") return this.#stop(step.name);
    const refusal = this.#refusal();
    if (refusal !== undefined)
      throw new StepError("failed", refusal.code, `Cannot film the page: ${refusal.reason}`);
    if (this.#films.length >= FILMS_MAX)
      throw new StepError(
        "failed",
        "record",
        `Cannot film the page: at most ${FILMS_MAX} films an attempt`,
      );
    const film = await this.#open({
      wanted: step.name ?? DEFAULT_NAME,
      forMs: step.forMs,
      format: step.format,
    });
    if (step.hold === true && film.untilMs !== undefined)
      await pause(this.#parts.clock, film.untilMs - this.#parts.clock.monotonicMs(), signal);
  }

  /** Ends all films and hands over those that are kept; what was asked for and is not there is missing. Never throws. */
  async conclude(ending: Ending): Promise<void> {
    const end = () => this.#closing.abort(ending.signal.reason);
    if (ending.signal.aborted) end();
    else ending.signal.addEventListener("abort", end, { once: true });
    await this.#waitForTimed(ending);
    const open = this.#openFilms();
    if (open.length > 0) await this.#lastPicture();
    for (const film of open)
      this.#end(film, { isKept: film !== this.#whole || this.#isWholeKept(ending) });
    if (this.#whole === undefined) this.#missWhole(ending);
    await this.#encoding;
    await this.#stopScreencast();
  }

  /** Ends everything at once; resolves when the encoder's process is gone. */
  async close(): Promise<void> {
    for (const { timer } of this.#films) timer?.cancel();
    this.#closing.abort(new Error("the attempt was closed"));
    await Promise.all([this.#encoding, this.#stopScreencast()]);
  }

  #refusal(): { readonly code: string; readonly reason: string } | undefined {
    if (this.#parts.options.usesSecrets)
      return { code: "secrets", reason: "the test uses secrets, and a film cannot be masked" };
    if (findFfmpeg(this.#parts.places) !== undefined) return undefined;
    return { code: "no_ffmpeg", reason: `ffmpeg was not found on this machine; ${FFMPEG_FIX}` };
  }

  async #open(ask: {
    readonly wanted: string;
    readonly forMs: number | undefined;
    readonly format: VideoFormat | undefined;
  }): Promise<Film> {
    const { clock, options } = this.#parts;
    await this.#startScreencast();
    const fromMs = clock.monotonicMs();
    const named = nameFilm(
      options.redactor.text(ask.wanted),
      ask.format ?? options.web.videoFormat,
    );
    const untilMs = ask.forMs === undefined ? undefined : fromMs + ask.forMs;
    const timer =
      ask.forMs === undefined ? undefined : clock.after(ask.forMs, () => this.#end(film));
    const film: Film = { ...named, wanted: ask.wanted, fromMs, untilMs, timer };
    this.#films.push(film);
    return film;
  }

  async #stop(wanted: string | undefined): Promise<void> {
    const mine = this.#films.filter(
      (film) =>
        film !== this.#whole &&
        (wanted === undefined || film.wanted === wanted || film.name === wanted),
    );
    const film = mine.findLast((one) => one.toMs === undefined);
    if (film !== undefined) {
      await this.#lastPicture();
      return this.#end(film);
    }
    const which = wanted === undefined ? "no film" : `no film named ${JSON.stringify(wanted)}`;
    if (mine.length === 0)
      throw new StepError("failed", "record", `Cannot stop a film: ${which} was started`);
    this.#parts.options.warn("The film was over already");
  }

  /** Fixes a film's span and has it encoded, unless it is not wanted any more. */
  #end(film: Film, { isKept } = { isKept: true }): void {
    if (film.toMs !== undefined) return;
    film.timer?.cancel();
    film.toMs = Math.min(film.untilMs ?? Number.POSITIVE_INFINITY, this.#parts.clock.monotonicMs());
    if (this.#openFilms().length === 0) void this.#stopScreencast();
    if (isKept) this.#encoding = this.#encoding.then(() => this.#encode(film, film.toMs ?? 0));
  }

  async #encode(film: Film, toMs: number): Promise<void> {
    const { options, size, places } = this.#parts;
    const { name, format, fromMs } = film;
    const path = join(options.workspaceDir, `film-${this.#films.indexOf(film)}.${format}`);
    const span = { fromMs, toMs: Math.max(toMs, fromMs + TICK_MS) };
    try {
      const pictures = (await this.#reel?.cut(span)) ?? [];
      const ffmpegPath = findFfmpeg(places);
      if (ffmpegPath === undefined) throw new Error("ffmpeg is gone");
      if (pictures.length === 0) throw new Error(this.#fault ?? "the page showed no picture");
      await encodeFilm({
        ffmpegPath,
        pictures,
        span,
        size,
        format,
        path,
        signal: this.#closing.signal,
      });
      options.attach({ name, kind: "video", bytes: await readFile(path) });
      const intervalMs = this.#reel?.intervalMs() ?? TICK_MS;
      if (intervalMs > TICK_MS)
        options.warn(
          `The film ${name} grew too large: it shows a picture every ${intervalMs} ms only`,
        );
    } catch (thrown) {
      options.miss({ name, kind: "video", reason: `The film was not made: ${messageOf(thrown)}` });
    } finally {
      await rm(path, { force: true });
    }
  }

  /** A passed attempt waits for its timed films, as long as its own time lasts. */
  async #waitForTimed({ status, leftMs, signal }: Ending): Promise<void> {
    if (status !== "passed") return;
    const { clock, options } = this.#parts;
    const nowMs = clock.monotonicMs();
    const lastMs = Math.max(nowMs, ...this.#openFilms().map((film) => film.untilMs ?? 0));
    // An attempt that is ended keeps its films so far.
    await pause(clock, Math.min(lastMs - nowMs, leftMs), signal).catch(() => undefined);
    for (const film of this.#openFilms()) {
      if (film.untilMs !== undefined && film.untilMs > clock.monotonicMs() + TICK_MS)
        options.warn(`The film ${film.name} ends with the attempt's timeout, before its time`);
    }
  }

  #openFilms(): readonly Film[] {
    return this.#films.filter((film) => film.toMs === undefined);
  }

  #isWholeKept({ status }: Pick<Ending, "status">): boolean {
    const { video } = this.#parts.options.evidence;
    return video === "on" || (video === "on-failure" && status === "failed");
  }

  #missWhole(ending: Ending): void {
    const refusal = this.#refusal();
    if (!this.#isWholeKept(ending) || refusal === undefined) return;
    const { name } = nameFilm(DEFAULT_NAME, this.#parts.options.web.videoFormat);
    this.#parts.options.miss({ name, kind: "video", reason: `Not taken: ${refusal.reason}` });
  }

  async #startScreencast(): Promise<void> {
    const { control, size, clock } = this.#parts;
    const reel = this.#reel ?? (await this.#createReel());
    this.#reel = reel;
    this.#screencast ??= startScreencast({ control, size, clock, onPicture: reel.add });
    await this.#screencast;
  }

  async #createReel(): Promise<Reel> {
    const folder = join(this.#parts.options.workspaceDir, "reel");
    await mkdir(folder, { recursive: true });
    const onFault = (thrown: unknown) => {
      this.#fault ??= `its pictures were not kept: ${messageOf(thrown)}`;
    };
    return createReel({ folder, intervalMs: TICK_MS, bytesMax: REEL_BYTES_MAX, onFault });
  }

  async #lastPicture(): Promise<void> {
    const { clock } = this.#parts;
    await pause(clock, PAINT_MS);
    const screencast = await this.#screencast;
    await Promise.race([screencast?.refresh(), pause(clock, LAST_PICTURE_MS_MAX)]);
  }

  async #stopScreencast(): Promise<void> {
    const screencast = this.#screencast;
    this.#screencast = undefined;
    await (await screencast)?.stop();
  }
}
