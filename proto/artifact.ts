/** What an attempt leaves behind: a named file by its content (R3). */
import { z } from "zod";
import { Sha256 } from "./ids.ts";

export const ArtifactKind = z.enum([
  "screenshot",
  /** A picture that its test is compared with from now on, if its attempt passes. */
  "baseline",
  "video",
  "trace",
  "har",
  "console",
  "network",
  "dom",
  "response",
  "log",
  "file",
]);
export type ArtifactKind = z.infer<typeof ArtifactKind>;

/** As a node's event names it: bytes are on the node until the gateway has them, or `missing` says why there are none. */
export const ArtifactNote = z.object({
  name: z.string().min(1).max(300),
  kind: ArtifactKind,
  bytes: z.number().int().min(0),
  sha256: Sha256.optional(),
  missing: z.string().optional(),
});
export type ArtifactNote = z.infer<typeof ArtifactNote>;
