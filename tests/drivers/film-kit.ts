/** Looks into films with ffprobe and ffmpeg. */
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Evidence } from "../../src/node/drivers/driver.ts";
import type { Played } from "./stage.ts";

const run = promisify(execFile);

export type FilmFacts = {
  readonly codec: string;
  readonly pixels: string;
  readonly width: number;
  readonly height: number;
  readonly seconds: number;
};

export type FilmFile = FilmFacts & {
  /** The mean colour of the film at a time. */
  readonly colourAt: (seconds: number) => Promise<readonly [number, number, number]>;
  /** The mean colours from the film's begin on, one in so many seconds. */
  readonly coloursEach: (
    seconds: number,
  ) => Promise<readonly (readonly [number, number, number])[]>;
};

/** The film of that name that a session left. @throws {Error} When there is none, or it is no film. */
export async function filmOf(played: Played, name: string): Promise<FilmFile> {
  const found = played.evidence.find((one) => one.name === name);
  if (found === undefined) {
    const seen = [...played.evidence, ...played.missed].map((one) =>
      JSON.stringify({ ...one, bytes: 0 }),
    );
    throw new Error(`There is no ${name}: ${seen.join(", ")}`);
  }
  return openFilm(found, join(played.workspaceDir, `seen-${name}`));
}

async function openFilm(evidence: Evidence, path: string): Promise<FilmFile> {
  await writeFile(path, evidence.bytes);
  const entries = "stream=codec_name,pix_fmt,width,height:format=duration";
  const words = ["-v", "error", "-show_entries", entries, "-of", "json", path];
  const { stdout } = await run("ffprobe", words);
  const { streams, format } = JSON.parse(stdout) as Probed;
  const [stream] = streams;
  if (stream === undefined) throw new Error(`${path} holds no film`);
  const lengthS = Number(format.duration);
  return {
    codec: stream.codec_name,
    pixels: stream.pix_fmt,
    width: stream.width,
    height: stream.height,
    seconds: lengthS,
    colourAt: (seconds) => colourAt(path, seconds),
    coloursEach: async (stepS) => {
      const colours: [number, number, number][] = [];
      for (let at = 0; at < lengthS - 0.1; at += stepS) colours.push(await colourAt(path, at));
      return colours;
    },
  };
}

type Probed = {
  readonly streams: readonly {
    readonly codec_name: string;
    readonly pix_fmt: string;
    readonly width: number;
    readonly height: number;
  }[];
  readonly format: { readonly duration: string };
};

async function colourAt(path: string, seconds: number): Promise<[number, number, number]> {
  const words = ["-v", "error", "-ss", String(seconds), "-i", path, "-frames:v", "1"];
  const one = [...words, "-vf", "scale=1:1:flags=area", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"];
  const { stdout } = await run("ffmpeg", one, { encoding: "buffer" });
  const [red, green, blue] = stdout;
  if (red === undefined || green === undefined || blue === undefined)
    throw new Error(`${path} shows nothing at ${seconds} s`);
  return [red, green, blue];
}
