/**
 * Turns a cut of the reel into a film file by ffmpeg, in real time: every picture at its own time, the last one until the
 * end. Measured on 2 cores (2026-11, 1920×1080): 30 s of a page that rarely changes cost 0.3 s of CPU time this way, and
 * 13 s at a constant 25 pictures a second.
 */
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { setPriority } from "node:os";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { VideoFormat } from "#proto/evidence.ts";
import { messageOf } from "#shared/errors.ts";
import { unevenTimesFlags } from "./find-ffmpeg.ts";
import { type PictureSize, streamHead, streamPicture } from "./matroska.ts";
import type { FilmSpan, ReelPicture } from "./reel.ts";

/** The shortest time of a picture: 25 a second. */
export const TICK_MS = 40;

export type FilmWork = {
  readonly ffmpegPath: string;
  readonly pictures: readonly ReelPicture[];
  readonly span: FilmSpan;
  /** Of the page; an mp4 with an odd side gets one line of black more there, as H.264 takes even ones only. */
  readonly size: PictureSize;
  readonly format: VideoFormat;
  /** Where the film is written. */
  readonly path: string;
  readonly signal: AbortSignal;
};

/** A still page is shown again so often, so that every player can jump to any time. */
const STILL_TICKS_MAX = 1_000 / TICK_MS;
/** What changes again sooner is moving. */
const MOVING_TICKS = 4;
const STDERR_CHARACTERS_MAX = 4_000;
/** Below the tests that run beside it, and not so far that a film is never ready. */
const NICENESS = 4;

/** A positive speed of libvpx is a share of the CPU to fill: below zero is a third of the cost, and no less to be seen. */
const CODECS: Readonly<Record<VideoFormat, readonly string[]>> = {
  webm: "-c:v libvpx -deadline realtime -cpu-used -14 -crf 10 -b:v 4M -auto-alt-ref 0 -f webm".split(
    " ",
  ),
  mp4: "-c:v libx264 -preset superfast -crf 23 -movflags +faststart -f mp4".split(" "),
};

/**
 * Writes the film; no process is left when it returns or throws.
 *
 * @throws {Error} With ffmpeg's last words; or when the signal ended it.
 */
export async function encodeFilm(work: FilmWork): Promise<void> {
  const child = spawn(work.ffmpegPath, await argumentsOf(work), {
    stdio: ["pipe", "ignore", "pipe"],
    signal: work.signal,
    killSignal: "SIGKILL",
  });
  let stderr = "";
  child.stderr.on("data", (part: Buffer) => {
    stderr = (stderr + part.toString()).slice(-STDERR_CHARACTERS_MAX);
  });
  const closed = new Promise<string | undefined>((resolve) => {
    // An abort is an error too, and told before the process has ended.
    child.once("error", (fault) => {
      if (child.pid === undefined) resolve(`ffmpeg did not run: ${fault.message}`);
    });
    child.once("close", (code, signal) =>
      resolve(code === 0 ? undefined : `ffmpeg ended with ${code ?? signal}`),
    );
  });
  lowerPriority(child.pid);
  // When ffmpeg hangs up early, its exit and its words say why.
  await pipeline(Readable.from(streamOf(work)), child.stdin).catch(() => undefined);
  const fault = await closed;
  if (work.signal.aborted) throw new Error(messageOf(work.signal.reason));
  if (fault !== undefined) throw new Error([fault, lastLines(stderr)].filter(Boolean).join(": "));
}

async function argumentsOf(work: FilmWork): Promise<readonly string[]> {
  const { size, format, path } = work;
  const { width, height } = format === "mp4" ? evenSize(size) : size;
  const fit = `scale=${size.width}:${size.height}:force_original_aspect_ratio=decrease`;
  // Where four pixels share a colour, the filter rounds odd sizes down.
  const isOdd = size.width % 2 === 1 || size.height % 2 === 1;
  const pad = `${isOdd ? "format=yuv444p," : ""}pad=${width}:${height}:0:0`;
  const filters = `${fit},${pad},format=yuv420p`;
  const input = "-hide_banner -loglevel error -nostats -f matroska -i pipe:0 -an".split(" ");
  const times = await unevenTimesFlags(work.ffmpegPath);
  return [...input, "-vf", filters, ...times, ...CODECS[format], "-y", path];
}

/** The next size that H.264 takes. */
function evenSize({ width, height }: PictureSize): PictureSize {
  return { width: width + (width % 2), height: height + (height % 2) };
}

async function* streamOf(work: FilmWork): AsyncGenerator<Uint8Array> {
  yield streamHead(work.size, TICK_MS);
  let shown: { readonly path: string; readonly jpeg: Uint8Array } | undefined;
  for (const { tick, path } of planTicks(work.pictures, work.span)) {
    if (shown?.path !== path) {
      // A picture that was thinned out meanwhile: the one before stands for it.
      const jpeg = await readFile(path).catch(() => undefined);
      if (jpeg !== undefined) shown = { path, jpeg };
    }
    if (shown !== undefined) yield streamPicture(shown.jpeg, tick * TICK_MS);
  }
}

export type PlannedTick = { readonly tick: number; readonly path: string };

/**
 * Pure: which picture is shown from which tick on. Begins at 0, ends one tick before the span's end (the last picture
 * lasts a tick), and repeats what stands still: once a second, and in the last tick before a change, as tools that jump to
 * a time show the next picture from there. What moves is not repeated. Of several pictures in one tick the last one is shown.
 */
export function planTicks(pictures: readonly ReelPicture[], span: FilmSpan): PlannedTick[] {
  const tickCount = Math.max(1, Math.round((span.toMs - span.fromMs) / TICK_MS));
  const byTick = new Map<number, string>();
  for (const [index, { atMs, path }] of pictures.entries()) {
    const tick = index === 0 ? 0 : Math.max(0, Math.round((atMs - span.fromMs) / TICK_MS));
    byTick.set(Math.min(tick, tickCount - 1), path);
  }
  const plan: PlannedTick[] = [];
  let shown: string | undefined;
  let since = 0;
  for (let tick = 0; tick < tickCount; tick += 1) {
    const next = byTick.get(tick);
    const stillTicks = tick - since;
    const isLast = byTick.has(tick + 1) && stillTicks >= MOVING_TICKS;
    const isDue = isLast || tick === tickCount - 1 || stillTicks >= STILL_TICKS_MAX;
    shown = next ?? shown;
    if (shown === undefined || (next === undefined && !isDue)) continue;
    plan.push({ tick, path: shown });
    since = tick;
  }
  return plan;
}

function lowerPriority(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, NICENESS);
  } catch {
    // It has ended already, or the system has no such thing: it runs as it is.
  }
}

function lastLines(stderr: string): string {
  const lines = stderr.split("\n").map((line) => line.trim());
  return lines
    .filter((line) => line !== "")
    .slice(-3)
    .join("; ");
}
