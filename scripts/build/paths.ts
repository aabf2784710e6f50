/** Where the build reads and writes. */
import { join, resolve } from "node:path";

/** The checkout. */
export const ROOT = resolve(import.meta.dirname, "../..");
/** What is built; git ignores it. */
export const DIST = join(ROOT, "dist");
/** What is fetched for foreign machines, and stamps; gone with node_modules. */
export const CACHE = join(ROOT, "node_modules", ".cache", "panoptic-build");
