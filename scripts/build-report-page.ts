/**
 * Bundles the page of `report.html` (src/gateway/reports/page) to one committed module of strings, so that the program
 * needs no bundler where it runs: `bun scripts/build-report-page.ts`. A test bundles again and compares.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const REPORTS = join(import.meta.dirname, "../src/gateway/reports");
export const BUNDLE_PATH = join(REPORTS, "html/page-bundle.ts");

/** The text of the module that `BUNDLE_PATH` should hold. */
export async function bundlePage(): Promise<string> {
  const script = await bundle(join(REPORTS, "page/main.tsx"));
  const style = squeezedStyle();
  return `/** Written by scripts/build-report-page.ts from page/: the script and the style of the report's page, minified. */
export const PAGE_SCRIPT = ${JSON.stringify(script)};
export const PAGE_SCRIPT_HASH = "${hashOf(script)}";
export const PAGE_STYLE = ${JSON.stringify(style)};
export const PAGE_STYLE_HASH = "${hashOf(style)}";
`;
}

async function bundle(entry: string): Promise<string> {
  const { outputs } = await Bun.build({
    entrypoints: [entry],
    target: "browser",
    format: "iife",
    minify: true,
    define: { "process.env.NODE_ENV": '"production"' },
  });
  const text = await outputs[0]?.text();
  if (text === undefined) throw new Error(`Cannot bundle ${entry}: nothing came out`);
  // The page embeds it in an element, which such a text would end.
  const end = /<\/script|<!--/i.exec(text)?.[0];
  if (end !== undefined) throw new Error(`Cannot embed ${entry}: it holds ${end}`);
  return text.trim();
}

/** The style sheets in the order of their names, without comments and spare spaces. */
function squeezedStyle(): string {
  const folder = join(REPORTS, "page/style");
  return readdirSync(folder)
    .filter((name) => name.endsWith(".css"))
    .sort()
    .map((name) => readFileSync(join(folder, name), "utf8"))
    .join("\n")
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/\s+/g, " ")
    .replace(/ ?([{};,]) ?/g, "$1")
    .replaceAll(";}", "}")
    .trim();
}

function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}

if (import.meta.main) writeFileSync(BUNDLE_PATH, await bundlePage());
