/**
 * How the browser context of a web test is set up: where it seems to be, who it seems to be, what it may do and how it reaches
 * the network. On the wire its values may still hold `${secrets.…}`, `${run.id}` and `${attempt.number}`, as a step's
 * arguments do; the node fills them in and reads the result by `BrowserSetup`.
 */
import { z } from "zod";
import { Json, Text } from "./matcher.ts";

/** What a page may be allowed, in Playwright's words; all of Chromium's. */
export const PERMISSIONS = [
  "accelerometer",
  "ambient-light-sensor",
  "background-sync",
  "camera",
  "clipboard-read",
  "clipboard-write",
  "geolocation",
  "gyroscope",
  "local-fonts",
  "local-network-access",
  "magnetometer",
  "microphone",
  "midi",
  "midi-sysex",
  "notifications",
  "payment-handler",
  "screen-wake-lock",
  "storage-access",
] as const;
export const Permission = z.enum(PERMISSIONS);

export const Geolocation = z.strictObject({
  latitude: z.number().min(-90).max(90),
  longitude: z.number().min(-180).max(180),
  /** Metres. */
  accuracy: z.number().min(0).optional(),
});

export const ColorScheme = z.enum(["light", "dark", "no-preference"]);
export const ReducedMotion = z.enum(["reduce", "no-preference"]);
export const ForcedColors = z.enum(["active", "none"]);
export const Contrast = z.enum(["more", "no-preference"]);

/** How slow the network is made, for each page by itself. */
export const Throttle = z.strictObject({
  /** Least time from a request to the head of its answer, milliseconds. */
  latencyMs: z.number().min(0),
  /** Bits a second; absent: as fast as it is. */
  downloadBps: z.number().min(1).optional(),
  uploadBps: z.number().min(1).optional(),
});
export type Throttle = z.infer<typeof Throttle>;

/** Exactly one of the pair and the pfx; paths relative to the suite's folder, listed in the test's `files`. */
const ClientCertificate = z.strictObject({
  origin: Text,
  cert: z.string().optional(),
  key: z.string().optional(),
  pfx: z.string().optional(),
  passphrase: Text.optional(),
});

/** The finished setup: what a driver opens a context with. What is absent is as the device or the browser has it. */
export const BrowserSetup = z.strictObject({
  locale: Text.optional(),
  timezone: Text.optional(),
  colorScheme: ColorScheme.optional(),
  reducedMotion: ReducedMotion.optional(),
  forcedColors: ForcedColors.optional(),
  contrast: Contrast.optional(),
  /** Its permission is granted by it. */
  geolocation: Geolocation.optional(),
  permissions: z.array(Permission).optional(),
  userAgent: Text.optional(),
  headers: z.record(z.string(), Text).optional(),
  offline: z.boolean().optional(),
  network: z.union([z.literal("offline"), Throttle]).optional(),
  httpAuth: z.strictObject({ user: Text, password: Text, origin: Text.optional() }).optional(),
  clientCertificates: z.array(ClientCertificate).max(20).optional(),
  proxy: z
    .strictObject({
      server: Text,
      user: Text.optional(),
      password: Text.optional(),
      /** Hosts that are reached without it, as Chromium writes them. */
      bypass: z.array(Text).optional(),
    })
    .optional(),
  ignoreTlsErrors: z.boolean().optional(),
  javaScript: z.boolean().optional(),
  /** A file of Playwright's `storageState`, relative to the suite's folder, listed in the test's `files`. */
  storage: z.string().optional(),
});
export type BrowserSetup = z.infer<typeof BrowserSetup>;

/** The setup as it travels. */
export const BrowserArgs = z.record(z.string(), Json);
export type BrowserArgs = z.infer<typeof BrowserArgs>;
