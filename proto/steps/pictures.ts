/** Steps that take pictures and films. */
import { z } from "zod";
import { PictureFormat, VideoFormat } from "../evidence.ts";
import { Locator, Text } from "../matcher.ts";

export const Screenshot = z.strictObject({
  kind: z.literal("screenshot"),
  name: Text,
  locator: Locator.optional(),
  fullPage: z.boolean().default(false),
  /** Absent: what the name's ending says, else the test's `web.picture`. */
  format: PictureFormat.optional(),
  /** Of JPEG, 1 to 100; absent: the test's `web.picture`. */
  quality: z.number().int().min(1).max(100).optional(),
});
/** Films the page from `start` on: until `stop`, or for `forMs`, or until the attempt ends. Films of several names may overlap. */
export const Record = z.strictObject({
  kind: z.literal("record"),
  action: z.enum(["start", "stop"]),
  /** Of the file; absent: `video` for start, the film that was started last for stop. */
  name: Text.optional(),
  /**
   * Milliseconds; start only. Steps go on beside it; a passed attempt ends only when it is over, of a failed one the
   * film so far is kept.
   */
  forMs: z.number().min(1).optional(),
  /** The step itself lasts as long as its film, and no step's bound counts it; start with `forMs` only. */
  hold: z.boolean().optional(),
  /** Absent: what the name's ending says, else the test's `web.videoFormat`. */
  format: VideoFormat.optional(),
});
