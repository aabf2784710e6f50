/** The project's own sources as a tree of texts, so that tests of the tree can plant faults in a copy. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, resolve } from "node:path";

/** Path from the checkout with forward slashes → text. */
export type SourceTree = ReadonlyMap<string, string>;

export const ROOT = resolve(import.meta.dirname, "../..");
const TOPS = ["src", "proto", "tests", "bench", "scripts", "bin", "examples"];
const SOURCE = /\.(ts|tsx|mjs)$/;

/** Reads every source file of the checkout. */
export function readSourceTree(): SourceTree {
  const tree = new Map<string, string>();
  for (const top of TOPS) {
    for (const name of namesBelow(join(ROOT, top))) {
      const path = posix.join(top, name.replaceAll("\\", "/"));
      tree.set(path, readFileSync(join(ROOT, path), "utf8"));
    }
  }
  return tree;
}

function namesBelow(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
      (name) => SOURCE.test(name) && !/(^|[\\/])\./.test(name),
    );
  } catch {
    // Not every checkout has every top folder.
    return [];
  }
}

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s(?:[^"';]*?\sfrom\s+)?["']([^"']+)["']|(?:import|require|require\.resolve)\(\s*["']([^"']+)["']\s*\)/g;

/** What a file imports: paths of the tree, names of packages, `node:…`. */
export function importsOf(path: string, text: string): string[] {
  return [...text.matchAll(IMPORT)].map((match) => target(path, match[1] ?? match[2] ?? ""));
}

function target(from: string, name: string): string {
  if (name.startsWith(".")) return posix.join(dirname(from), name);
  if (name.startsWith("#kit/")) return name.replace("#kit/", "tests/kit/");
  if (name.startsWith("#proto/")) return name.slice(1);
  return name.startsWith("#") ? `src/${name.slice(1)}` : name;
}

/** The package of an import: `@nats-io/core` of `@nats-io/core/lib/x`; undefined for files and `node:`. */
export function packageOf(target: string): string | undefined {
  if (
    /^(src|proto|tests|bench|scripts|bin|examples|node:|bun$|bun:)/.test(target) ||
    target.endsWith(".json")
  )
    return undefined;
  const parts = target.split("/");
  return target.startsWith("@") ? parts.slice(0, 2).join("/") : parts[0];
}
