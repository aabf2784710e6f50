/**
 * A folder of baselines, made to lie beside suites under version control: `baselines.json` names them, one a line, and each is a
 * PNG under its browser, system, test and name. The index is the truth; a picture may be replaced by hand.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, normalize, sep } from "node:path";
import { z } from "zod";
import { type Baseline, BaselineName, BaselinePlace } from "#proto/baseline.ts";
import { MeshError, messageOf } from "#shared/errors.ts";

const INDEX = "baselines.json";
const INDEX_BYTES_MAX = 64 * 1024 * 1024;
const ENTRIES_MAX = 100_000;
const SLUG_LENGTH_MAX = 80;

const Entry = BaselinePlace.extend({ name: BaselineName, file: z.string().min(1).max(1_000) });
type Entry = z.infer<typeof Entry>;
const Index = z.object({
  format: z.literal("panoptic-baselines"),
  version: z.literal(1),
  baselines: z.array(Entry).max(ENTRIES_MAX),
});

/** One in the folder. */
export type KeptBaseline = Omit<Entry, "file"> & { readonly path: string; readonly sha256: string };

/**
 * Reads what the folder names; nothing when there is no such folder, or no index in it.
 *
 * @throws {MeshError} `usage` when the index cannot be read, or a picture is not there.
 */
export function readBaselineFolder(dir: string): readonly KeptBaseline[] {
  const path = join(dir, INDEX);
  if (!existsSync(path)) return [];
  try {
    const { size } = statSync(path);
    if (size > INDEX_BYTES_MAX) throw new Error(`it has ${size} bytes`);
    const parsed = Index.safeParse(JSON.parse(readFileSync(path, "utf8")));
    if (!parsed.success)
      throw new Error(`it is no list of baselines (${z.prettifyError(parsed.error)})`);
    return parsed.data.baselines.map(({ file, ...place }) => {
      const picture = pictureIn(dir, file);
      return { ...place, path: picture, sha256: shaOf(picture) };
    });
  } catch (cause) {
    const text = `Cannot read the baselines ${path}: ${messageOf(cause)}`;
    throw new MeshError("usage", text, { cause });
  }
}

/** Where each belongs, its folders made; the index is `indexText`'s. */
export function placeOfBaseline(dir: string, baseline: Baseline): string {
  const path = join(dir, fileOf(baseline));
  mkdirSync(dirname(path), { recursive: true });
  return path;
}

/** The index of these, sorted: the same baselines are the same text. */
export function indexText(baselines: readonly Baseline[]): string {
  const lines = baselines
    .map((one) => {
      const { key, browser, os, name } = one;
      return JSON.stringify({ key, browser, os, name, file: fileOf(one) });
    })
    .toSorted((a, b) => (a < b ? -1 : 1));
  return `{"format":"panoptic-baselines","version":1,"baselines":[\n${lines.join(",\n")}\n]}\n`;
}

/** Where the index lies. */
export const indexPath = (dir: string): string => join(dir, INDEX);

/** The sha256 of a file's bytes, hexadecimal. @throws {Error} When it cannot be read. */
export function shaOf(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}

/** Readable, and never the same for two tests. */
function fileOf({ key, browser, os, name }: Pick<Baseline, "key" | "browser" | "os" | "name">) {
  const slug = key
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, "-")
    .replaceAll(/^-|-$/g, "");
  const mark = createHash("sha256").update(key).digest("hex").slice(0, 8);
  return `${plain(browser)}-${plain(os)}/${slug.slice(0, SLUG_LENGTH_MAX)}-${mark}/${name}.png`;
}

const plain = (word: string): string => word.replaceAll(/[^A-Za-z0-9]+/g, "-");

/** @throws {Error} When the path would leave the folder. */
function pictureIn(dir: string, file: string): string {
  const path = normalize(join(dir, file));
  if (path.startsWith(normalize(dir + sep)) && !file.includes("\0")) return path;
  throw new Error(`${JSON.stringify(file)} would leave the folder`);
}
