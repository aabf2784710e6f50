/**
 * Which attempts need a browser process of their own: those with an environment for it, and those that a person wants to
 * watch. What a machine without a display cannot show runs headless, with a warning that says so.
 */
import { environmentValues, foreignEnvironment } from "#shared/config.ts";
import type { SessionOptions } from "../driver.ts";
import type { BrowserProcess } from "./browser.ts";
import { type BrowserPlaces, findBrowser } from "./find-browser.ts";

const DISPLAYS = ["DISPLAY", "WAYLAND_DISPLAY"];

/** The process of an attempt, when the slot's warm one will not do. */
export function chooseProcess(
  { web, warn }: SessionOptions,
  places: BrowserPlaces,
): BrowserProcess | undefined {
  const reason = web.headless ? undefined : whyHeadless(web.environment, places);
  if (reason !== undefined) warn(`Runs headless: ${reason}`);
  const isHeadless = web.headless || reason !== undefined;
  const hasEnvironment = Object.keys(web.environment).length > 0;
  if (isHeadless && !hasEnvironment) return undefined;
  return { isHeadless, environment: foreignEnvironment(web.environment) };
}

type Values = Readonly<Record<string, string>>;

/** Why no window can be shown here; undefined when one can. */
function whyHeadless(environment: Values, places: BrowserPlaces): string | undefined {
  const known = { ...environmentValues(DISPLAYS), ...environment };
  const hasDisplay = DISPLAYS.some((name) => (known[name] ?? "") !== "");
  // Elsewhere a display needs no name.
  if (process.platform === "linux" && !hasDisplay)
    return "this machine has no display (neither DISPLAY nor WAYLAND_DISPLAY is set)";
  if (findBrowser(places, { isHeadless: false }) === undefined)
    return "there is no Chromium with windows on this machine (Debian and Ubuntu: sudo apt-get install -y chromium)";
  return undefined;
}
