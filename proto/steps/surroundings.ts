/** Steps that change what a page finds around it: place, permissions, network, looks, size. */
import { z } from "zod";
import {
  ColorScheme,
  Contrast,
  ForcedColors,
  Permission,
  Geolocation as Place,
  ReducedMotion,
  Throttle,
} from "../browser-context.ts";
import { Text } from "../matcher.ts";

export const Geolocation = z.strictObject({
  kind: z.literal("geolocation"),
  /** `off`: the position cannot be had. Its permission is granted by it. */
  to: z.union([z.literal("off"), Place]),
});
export const Permissions = z.strictObject({
  kind: z.literal("permissions"),
  /** Taken away first: all that were ever granted. */
  clear: z.literal(true).optional(),
  grant: z.array(Permission).max(100).optional(),
  /** Absent: for every origin. */
  origin: Text.optional(),
});
export const Network = z.strictObject({
  kind: z.literal("network"),
  to: z.union([z.enum(["offline", "online"]), Throttle]),
});
/** What is absent stays as it is. */
export const Emulate = z.strictObject({
  kind: z.literal("emulate"),
  colorScheme: ColorScheme.optional(),
  reducedMotion: ReducedMotion.optional(),
  forcedColors: ForcedColors.optional(),
  contrast: Contrast.optional(),
  media: z.enum(["screen", "print"]).optional(),
});
const side = z.number().int().min(1).max(10_000);
export const ViewportStep = z.strictObject({
  kind: z.literal("viewport"),
  width: side,
  height: side,
});
