/** The pictures that an attempt's own are compared with: brought like its files, before it starts, so that it runs on when its gateway is away. */
import { readFile } from "node:fs/promises";
import type { LeaseOffer } from "#proto/lease.ts";
import type { Baseline, Baselines, SessionOptions } from "../drivers/driver.ts";
import type { FileSource, Placing } from "./files.ts";

/** In the attempt's workspace, beside its files. */
const FOLDER = ".baselines";

/**
 * Brings what the offer names; nothing for a test that compares no pictures.
 *
 * @throws {StepError} `lost`, `file_missing` when one cannot be had within the bound.
 */
export async function bringBaselines(
  { baselines = [], updateBaselines = false }: LeaseOffer,
  files: FileSource,
  into: Placing,
): Promise<Pick<SessionOptions, "baselines">> {
  if (baselines.length === 0 && !updateBaselines) return {};
  const pathOf = (sha256: string) => `${FOLDER}/${sha256}.png`;
  const unique = new Map(baselines.map((one) => [one.sha256, one]));
  const placed = await files.place(
    [...unique.values()].map(({ sha256, bytes }) => ({ path: pathOf(sha256), sha256, bytes })),
    into,
  );
  const paths = new Map(baselines.map(({ name, sha256 }) => [name, placed(pathOf(sha256))]));
  return { baselines: createBaselines(paths, updateBaselines) };
}

function createBaselines(paths: ReadonlyMap<string, string>, isUpdating: boolean): Baselines {
  const made = new Map<string, Uint8Array>();
  return {
    isUpdating,
    read: async (name): Promise<Baseline | undefined> => {
      const own = made.get(name);
      if (own !== undefined) return { bytes: own, isOfAttempt: true };
      const path = paths.get(name);
      return path === undefined ? undefined : { bytes: await readFile(path), isOfAttempt: false };
    },
    learn: (name, bytes) => void made.set(name, bytes),
  };
}
