/**
 * Where a Chromium may lie on this machine, best first. Debian's /usr/bin/chromium is a shell script that does not
 * exec, so that killing it leaves the browser behind: the real programs come before it.
 */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

export type BrowserPlaces = {
  /** A path that a person gave; nothing else is tried then. */
  readonly browserPath?: string | undefined;
  /** The value of PATH. */
  readonly searchPath?: string | undefined;
};

const USUAL_PLACES = [
  "/usr/lib/chromium/chromium-headless-shell",
  "/usr/lib64/chromium-browser/headless_shell",
  "/usr/lib/chromium/chromium",
  "/usr/lib/chromium-browser/chromium-browser",
  "/opt/google/chrome/chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome-stable",
  "/usr/bin/google-chrome",
  "/snap/bin/chromium",
];
const NAMES = [
  "chromium-headless-shell",
  "headless_shell",
  "chromium",
  "chromium-browser",
  "google-chrome-stable",
  "google-chrome",
];

/** These have no windows. */
const HEADLESS_ONLY = /headless[-_]shell$/;

/** The first browser that exists; undefined leaves the choice to Playwright's own download, which has no windows. */
export function findBrowser(
  places: BrowserPlaces,
  { isHeadless }: { readonly isHeadless: boolean } = { isHeadless: true },
): string | undefined {
  const fits = (path: string) => isHeadless || !HEADLESS_ONLY.test(path);
  if (places.browserPath !== undefined)
    return fits(places.browserPath) ? places.browserPath : undefined;
  const folders = (places.searchPath ?? "").split(delimiter).filter((folder) => folder !== "");
  const onPath = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...USUAL_PLACES, ...onPath].filter(fits).find((path) => existsSync(path));
}
