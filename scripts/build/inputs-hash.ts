/** One hash over all that a built file depends on, so that an unchanged one is not built again. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./paths.ts";

const FOLDERS = ["src", "proto", "scripts/build"];
const FILES = ["package.json", "package-lock.json", "tsconfig.json"];

/** Hex; changes with the sources, the lock, the build itself and the bun that builds. */
export function inputsHash(): string {
  const hash = createHash("sha256").update(Bun.version);
  for (const path of [...FOLDERS.flatMap(filesBelow), ...FILES]) {
    const bytes = readFileSync(join(ROOT, path));
    hash.update(`\0${path}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest("hex");
}

function filesBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length + 1))
    .sort();
}
