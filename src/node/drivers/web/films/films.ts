/**
 * The films of one attempt: which run, when each ends, and that every one that was asked for is there in the end or missing
 * with its reason. All are cut from the camera's one reel; encoding runs beside the steps, one film at a time.
 *
 * A film is open → over (its span is fixed) → kept or missing. `conclude` is the last move of all of them; `close` ends
 * what is under way, also the encoder's process.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { VideoFormat } from "#proto/evidence.ts";
import type { Step } from "#proto/step.ts";
import { pause, type Timer } from "#shared/clock.ts";
import { messageOf } from "#shared/errors.ts";
import { type Ending, StepError } from "../../driver.ts";
import { type Named, nameFilm } from "../file-names.ts";
import { Camera, type CameraParts, type Filmed } from "./camera.ts";
import { encodeFilm, TICK_MS } from "./encode.ts";
import { FFMPEG_FIX, type FfmpegPlaces, findFfmpeg } from "./find-ffmpeg.ts";

type RecordStep = Extract<Step, { kind: "record" }>;

export type FilmsParts = CameraParts & { readonly places: FfmpegPlaces };

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
const MASKED =
  "The test uses secrets or passwords: its film is of masked pictures, one after each step and two a second while it waits";

export class Films {
  readonly #parts: FilmsParts;
  readonly #camera: Camera;
  readonly #films: Film[] = [];
  readonly #closing = new AbortController();
  #encoding: Promise<void> = Promise.resolve();
  /** The whole attempt, by policy. */
  #whole: Film | undefined;

  constructor(parts: FilmsParts) {
    this.#parts = parts;
    this.#camera = new Camera(parts);
  }

  /** Starts the film of the whole attempt when the policy wants one and it can be had. */
  async begin(): Promise<void> {
    const { evidence } = this.#parts.options;
    if (evidence.video === "off" || findFfmpeg(this.#parts.places) === undefined) return;
    this.#whole = await this.#open({ wanted: DEFAULT_NAME });
  }

  /** Performs a `record` step. @throws {StepError} When the page cannot be filmed, or there is no such film to stop. */
  async record(step: RecordStep, signal: AbortSignal): Promise<void> {
    if (step.action === "stop") return this.#stop(step.name);
    if (findFfmpeg(this.#parts.places) === undefined)
      throw new StepError("failed", "no_ffmpeg", `Cannot film the page: ${NO_FFMPEG}`);
    if (this.#films.length >= FILMS_MAX)
      throw cannotRecord(`at most ${FILMS_MAX} films an attempt`);
    const film = await this.#open({ ...step, wanted: step.name ?? DEFAULT_NAME });
    if (step.hold !== true || film.untilMs === undefined) return;
    const leftMs = film.untilMs - this.#parts.clock.monotonicMs();
    await this.watch(() => pause(this.#parts.clock, leftMs, signal));
    this.#end(film, true);
  }

  /** Goes on with another page: the one that steps act on. */
  follow(tab: Filmed): Promise<void> {
    return this.#camera.follow(tab);
  }

  /** To be called when a step is over. */
  afterStep(): Promise<void> {
    return this.#camera.afterStep();
  }

  /** Runs a step that leaves the page alone. */
  watch<T>(act: () => Promise<T>): Promise<T> {
    return this.#camera.watch(act);
  }

  /** Ends all films and hands over those that are kept; what was asked for and is not there is missing. Never throws. */
  async conclude(ending: Ending): Promise<void> {
    const end = () => this.#closing.abort(ending.signal.reason);
    if (ending.signal.aborted) end();
    else ending.signal.addEventListener("abort", end, { once: true });
    await this.#waitForTimed(ending);
    const open = this.#openFilms();
    const isKept = (film: Film) => film !== this.#whole || this.#isWholeKept(ending);
    if (open.some(isKept)) await this.#camera.lastPicture();
    for (const film of open) this.#end(film, isKept(film));
    if (this.#whole === undefined) this.#missWhole(ending);
    await this.#encoding;
    await this.#camera.stop();
  }

  /** Ends everything at once; resolves when the encoder's process is gone. */
  async close(): Promise<void> {
    for (const { timer } of this.#films) timer?.cancel();
    this.#closing.abort(new Error("the attempt was closed"));
    await Promise.all([this.#encoding, this.#camera.stop()]);
  }

  async #open(ask: FilmAsk): Promise<Film> {
    const { clock, options } = this.#parts;
    if (this.#camera.isMasked && this.#films.length === 0) options.warn(MASKED);
    await this.#camera.start();
    const fromMs = clock.monotonicMs();
    const format = ask.format ?? options.web.videoFormat;
    const named = nameFilm(options.redactor.text(ask.wanted), format);
    const { wanted, forMs } = ask;
    const untilMs = forMs === undefined ? undefined : fromMs + forMs;
    const timer = forMs === undefined ? undefined : clock.after(forMs, () => this.#end(film, true));
    const film: Film = { ...named, wanted, fromMs, untilMs, timer };
    this.#films.push(film);
    return film;
  }

  async #stop(wanted: string | undefined): Promise<void> {
    const isMeant = (film: Film) =>
      film !== this.#whole &&
      (wanted === undefined || film.wanted === wanted || film.name === wanted);
    const meant = this.#films.filter(isMeant);
    const film = meant.findLast((one) => one.toMs === undefined);
    if (film !== undefined) {
      await this.#camera.lastPicture();
      return this.#end(film, true);
    }
    const which = wanted === undefined ? "film" : `film named ${JSON.stringify(wanted)}`;
    if (meant.length === 0) throw cannotRecord(`no ${which} was started`);
    this.#parts.options.warn("The film was over already");
  }

  /** Fixes a film's span and has it encoded, unless it is not wanted any more. */
  #end(film: Film, isKept: boolean): void {
    if (film.toMs !== undefined) return;
    film.timer?.cancel();
    const nowMs = this.#parts.clock.monotonicMs();
    const toMs = Math.min(film.untilMs ?? nowMs, nowMs);
    film.toMs = toMs;
    // Its own failure is the film's reason.
    if (this.#openFilms().length === 0) void this.#camera.stop();
    if (isKept) this.#encoding = this.#encoding.then(() => this.#encode(film, toMs));
  }

  async #encode(film: Film, toMs: number): Promise<void> {
    const { options, size, places } = this.#parts;
    const { name, format, fromMs } = film;
    const { signal } = this.#closing;
    const path = join(options.workspaceDir, `film-${this.#films.indexOf(film)}.${format}`);
    const span = { fromMs, toMs: Math.max(toMs, fromMs + TICK_MS) };
    try {
      const pictures = await this.#camera.cut(span);
      const ffmpegPath = findFfmpeg(places);
      if (ffmpegPath === undefined) throw new Error("ffmpeg is gone");
      if (pictures.length === 0) throw new Error(this.#camera.fault);
      await encodeFilm({ ffmpegPath, pictures, span, size, format, path, signal });
      options.attachFile({ name, kind: "video", path });
      this.#warnOfThinning(name);
    } catch (thrown) {
      options.miss({ name, kind: "video", reason: `The film was not made: ${messageOf(thrown)}` });
      await rm(path, { force: true });
    }
  }

  #warnOfThinning(name: string): void {
    const { intervalMs } = this.#camera;
    if (intervalMs === TICK_MS) return;
    const text = `The film ${name} grew too large: it shows a picture every ${intervalMs} ms only`;
    this.#parts.options.warn(text);
  }

  /** A passed attempt waits for its timed films, as long as its own time lasts. */
  async #waitForTimed({ status, leftMs, signal }: Ending): Promise<void> {
    if (status !== "passed") return;
    const { clock, options } = this.#parts;
    const nowMs = clock.monotonicMs();
    const lastMs = Math.max(nowMs, ...this.#openFilms().map((film) => film.untilMs ?? 0));
    if (lastMs > nowMs) {
      const waiting = () => pause(clock, Math.min(lastMs - nowMs, leftMs), signal);
      // An attempt that is ended keeps its films so far.
      await this.watch(waiting).catch(() => undefined);
    }
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
    if (!this.#isWholeKept(ending)) return;
    const { options } = this.#parts;
    const { name } = nameFilm(DEFAULT_NAME, options.web.videoFormat);
    options.miss({ name, kind: "video", reason: `Not taken: ${NO_FFMPEG}` });
  }
}

type FilmAsk = {
  readonly wanted: string;
  readonly forMs?: number | undefined;
  readonly format?: VideoFormat | undefined;
};

const NO_FFMPEG = `ffmpeg was not found on this machine; ${FFMPEG_FIX}`;

function cannotRecord(reason: string): StepError {
  return new StepError("failed", "record", `Cannot film the page: ${reason}`);
}
