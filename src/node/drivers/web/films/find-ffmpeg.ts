/** Where ffmpeg lies on this machine, how to get it, and what differs between its versions. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

export type FfmpegPlaces = {
  /** A path that a person gave; nothing else is tried then. */
  readonly ffmpegPath?: string | undefined;
  /** The value of PATH. */
  readonly searchPath?: string | undefined;
};

/** Services and empty environments have no PATH that names these. */
const USUAL_FOLDERS = ["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin", "/snap/bin"];

const VERSION_MS_MAX = 5_000;

/** What a person does who has none. */
export const FFMPEG_FIX =
  "install it (Debian and Ubuntu: sudo apt-get install -y ffmpeg; macOS: brew install ffmpeg; Windows: winget install ffmpeg)";

/** The first ffmpeg that exists. */
export function findFfmpeg(places: FfmpegPlaces): string | undefined {
  if (places.ffmpegPath !== undefined)
    return existsSync(places.ffmpegPath) ? places.ffmpegPath : undefined;
  const folders = (places.searchPath ?? "").split(delimiter).filter((folder) => folder !== "");
  const name = process.platform === "win32" ? "ffmpeg.exe" : "ffmpeg";
  return [...folders, ...USUAL_FOLDERS]
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
}

const flagsOf = new Map<string, Promise<readonly string[]>>();

/**
 * What tells ffmpeg to keep pictures at their own times and repeat none: `-fps_mode` since 5.1 (9 knows no other), `-vsync`
 * before. Asked once a program.
 */
export function unevenTimesFlags(ffmpegPath: string): Promise<readonly string[]> {
  const known = flagsOf.get(ffmpegPath);
  if (known !== undefined) return known;
  const flags = readVersion(ffmpegPath).then((version) =>
    version < 5.1 ? ["-vsync", "vfr"] : ["-fps_mode", "vfr"],
  );
  flagsOf.set(ffmpegPath, flags);
  return flags;
}

/** Builds between releases have no number: they count as newer than all. */
async function readVersion(ffmpegPath: string): Promise<number> {
  const asked = promisify(execFile)(ffmpegPath, ["-version"], { timeout: VERSION_MS_MAX });
  // One that does not answer fails a moment later with its own words.
  const { stdout } = await asked.catch(() => ({ stdout: "" }));
  return Number(/^ffmpeg version n?(\d+\.\d+)/.exec(stdout)?.[1] ?? Number.POSITIVE_INFINITY);
}
