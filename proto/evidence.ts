/** What an attempt records beside its verdict, when, and how a web session is set up. All parts have defaults: what an older sender leaves out is as it was. */
import { z } from "zod";

/** `on-failure`: taken always where it must be (a video cannot be taken afterwards), kept only of a failed attempt. */
export const EvidenceWhen = z.enum(["off", "on-failure", "on"]);
export type EvidenceWhen = z.infer<typeof EvidenceWhen>;

export const EvidencePolicy = z.object({
  /** `trace.zip` for Playwright's viewer. */
  trace: EvidenceWhen.default("off"),
  /** The whole attempt as a film. Films that a `record` step asks for are kept whatever this says. */
  video: EvidenceWhen.default("off"),
  /** A picture of the page at the end. */
  screenshots: EvidenceWhen.default("on-failure"),
  /** Console, page errors and failed requests. */
  console: EvidenceWhen.default("on-failure"),
  /** The page's DOM at the end. */
  dom: EvidenceWhen.default("on-failure"),
  /** `network.har`: every request with its answer, as HAR 1.2. */
  har: EvidenceWhen.default("off"),
});
export type EvidencePolicy = z.infer<typeof EvidencePolicy>;

export const PictureFormat = z.enum(["png", "jpeg"]);
export type PictureFormat = z.infer<typeof PictureFormat>;

export const VideoFormat = z.enum(["webm", "mp4"]);
export type VideoFormat = z.infer<typeof VideoFormat>;

const side = z.number().int().min(1).max(10_000);

/** A phone or tablet as Playwright describes it. */
export const Device = z.object({
  name: z.string().max(200),
  userAgent: z.string().max(1000),
  viewport: z.object({ width: side, height: side }),
  screen: z.object({ width: side, height: side }).optional(),
  scale: z.number().min(0.1).max(10),
  isMobile: z.boolean(),
  hasTouch: z.boolean(),
});
export type Device = z.infer<typeof Device>;

/** Figures of one attempt; measured by nodes on Linux. */
export const AttemptLimits = z.object({
  memoryBytes: z.number().int().min(1).optional(),
  diskBytes: z.number().int().min(1).optional(),
  /** CPU time by wall time over some seconds, 1 is one processor. */
  cpuShare: z.number().min(0.01).max(1_000).optional(),
});
export type AttemptLimits = z.infer<typeof AttemptLimits>;

export const WebOptions = z.object({
  /** Wins over the test's `viewport`. */
  device: Device.optional(),
  /** False needs a display; a node without one says so in a warning and runs headless. */
  headless: z.boolean().default(true),
  /** Added to the environment of the browser's process: such an attempt has a browser process of its own. */
  environment: z.record(z.string(), z.string()).default({}),
  /** For pictures whose name and step say nothing else. Quality is of JPEG, 1 to 100. */
  picture: z
    .object({
      format: PictureFormat.default("png"),
      quality: z.number().int().min(1).max(100).default(80),
    })
    .prefault({}),
  videoFormat: VideoFormat.default("webm"),
  /** Whether `metrics.json` is kept: timings of the pages, and CPU and memory of the browser's processes. */
  metrics: z.boolean().default(false),
  /** Whether attempts share a browser process one after the other, each with a fresh context. Absent: as the node does. */
  isolation: z.enum(["context", "browser"]).optional(),
  /** What an attempt may use at most, its browser's processes and its files together. Absent: whatever there is. */
  limits: AttemptLimits.optional(),
});
export type WebOptions = z.infer<typeof WebOptions>;
