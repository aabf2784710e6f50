/** Doctor: ffmpeg. Makes a film of each format as a node does, from one small picture. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodeFilm } from "#node/drivers/web/films/encode.ts";
import { FFMPEG_FIX, type FfmpegPlaces, findFfmpeg } from "#node/drivers/web/films/find-ffmpeg.ts";
import type { VideoFormat } from "#proto/evidence.ts";
import { messageOf } from "#shared/errors.ts";
import type { Finding } from "../finding.ts";
import { makeTempFolder } from "../mesh/temp-folder.ts";

/** What a film of each format begins with, and from which byte on (RFC 8794; ISO 14496-12). */
const MAGIC: Readonly<Record<VideoFormat, { readonly at: number; readonly hex: string }>> = {
  webm: { at: 0, hex: "1a45dfa3" },
  mp4: { at: 4, hex: "66747970" },
};
const ENCODERS: Readonly<Record<VideoFormat, string>> = { webm: "libvpx", mp4: "libx264" };
const FORMATS: readonly VideoFormat[] = ["webm", "mp4"];
const FILM_MS = 400;
const FILM_MS_MAX = 20_000;
const SIZE = { width: 32, height: 24 };
/** A test picture of that size, JPEG. */
const PICTURE =
  "/9j/4AAQSkZJRgABAgAAAQABAAD//gAQTGF2YzU5LjM3LjEwMAD/2wBDAAgoKC8oLzc3Nzc3N0E8QUNDQ0FBQUFDQ0NISEhV" +
  "VVVISEhDQ0hIUFBVVVxfXFdXVVdfX2RkZHh4c3OMjJGsrM//xACKAAEBAQEBAAAAAAAAAAAAAAAHBgUAAQEBAAIDAQEAAAAA" +
  "AAAAAAAABwUGAAQCCAMQAAADBgIIBwEAAAAAAAAAAAABA4FCEcEEAjESUYKxQROyMiFxFJFhgyIzNBEAAAMGBAUCBwEAAAAA" +
  "AAAAAAECQcEhEQQDQjGBEmFxMiIUw1GxspEzcnPzE//AABEIABgAIAMBEgACEgADEgD/2gAMAwEAAhEDEQA/AIajSz5jPp7N" +
  "PRHaLKh/D5LuWwdkjecciEnbaNddUdMhRJLuXkbClmfOMBR6vBq4RS7rR4u62QUbZSgXAd22hoqyIiQRQIpw+g7q8Grg8rut" +
  "kOXdbIeK7bRltoKavBq4ZV4NXDJo143cO7EyiR6YbvHv6A/pv6kdfkMMSVmopGxo0rbQh3qZFhZqRAl4WEZe3A55MFoq8Grh" +
  "q0qqNtuWMO8XsT92AqQeZMQ6lX0n2nKf4vExcYKvesWrxGaE7tvtu+GZ5C0UmPR4T1PLxLMzqkI1d1shb7PmTj6YULbQSVHl" +
  "zLdxl0OCNV4NXBJqOPEoYaosF3WyAda8CX9QOW2giOfb/vxk/pH3q8GrgdJIqmdqllv2twOJbyhgZhVpehluwegVptEU0N5v" +
  "GmfSjk4g0HdsrM0rVNSIHnCfFMARI+/UfsP5lD//2Q==";

/** One finding a format; one alone when there is no ffmpeg. */
export async function checkFilms(places: FfmpegPlaces): Promise<Finding[]> {
  const ffmpegPath = findFfmpeg(places);
  if (ffmpegPath === undefined) {
    const said = "there is none: tests run, but make no films";
    return [{ name: "ffmpeg", state: "broken", said, fix: FFMPEG_FIX }];
  }
  return await Promise.all(FORMATS.map((format) => checkFormat(format, ffmpegPath)));
}

async function checkFormat(format: VideoFormat, ffmpegPath: string): Promise<Finding> {
  const name = `ffmpeg, ${format}`;
  try {
    using parts = new DisposableStack();
    const folder = parts.adopt(await makeTempFolder("doctor"), ({ remove }) => remove());
    const path = join(folder.path, `film.${format}`);
    const picture = join(folder.path, "picture.jpg");
    writeFileSync(picture, Buffer.from(PICTURE, "base64"));
    await encodeFilm({
      ffmpegPath,
      pictures: [{ atMs: 0, path: picture }],
      span: { fromMs: 0, toMs: FILM_MS },
      size: SIZE,
      format,
      path,
      signal: AbortSignal.timeout(FILM_MS_MAX),
    });
    const bytes = readFileSync(path);
    const { at, hex } = MAGIC[format];
    if (bytes.subarray(at, at + hex.length / 2).toString("hex") !== hex)
      throw new Error(`${ffmpegPath} wrote ${bytes.length} bytes that are no ${format}`);
    return { name, state: "works", said: `${ffmpegPath} made a film of ${bytes.length} bytes` };
  } catch (thrown) {
    const fix = `${FFMPEG_FIX}; it must have been built with ${ENCODERS[format]}`;
    return { name, state: "broken", said: messageOf(thrown), fix };
  }
}
