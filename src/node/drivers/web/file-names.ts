/**
 * Pure: names and formats of pictures and films as people write them. The ending decides; without one the format's own is
 * added. Making names harmless and unique is `artifacts/names.ts`'s.
 */
import type { PictureFormat, VideoFormat } from "#proto/evidence.ts";

export type Named<Format> = { readonly name: string; readonly format: Format };

/** The file of a picture; `format` is for names without a picture's ending. */
export function namePicture(wanted: string, format: PictureFormat): Named<PictureFormat> {
  if (/\.png$/i.test(wanted)) return { name: wanted, format: "png" };
  if (/\.jpe?g$/i.test(wanted)) return { name: wanted, format: "jpeg" };
  return { name: `${wanted}.${format === "png" ? "png" : "jpg"}`, format };
}

/** The file of a film; `format` is for names without a film's ending. */
export function nameFilm(wanted: string, format: VideoFormat): Named<VideoFormat> {
  if (/\.webm$/i.test(wanted)) return { name: wanted, format: "webm" };
  if (/\.mp4$/i.test(wanted)) return { name: wanted, format: "mp4" };
  return { name: `${wanted}.${format}`, format };
}
