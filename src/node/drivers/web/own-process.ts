/**
 * Which attempts need a browser process of their own: those with an environment for it, those that share none, and those that
 * a person wants to watch. What a machine without a display cannot show runs headless, with a warning that says so.
 */
import { environmentValues, foreignEnvironment } from "#shared/config.ts";
import { type SessionOptions, StepError } from "../driver.ts";
import type { BrowserProcess } from "./browser.ts";
import { type BrowserPlaces, findBrowser } from "./find-browser.ts";
import type { PoolPolicy } from "./pool/pool-policy.ts";

const DISPLAYS = ["DISPLAY", "WAYLAND_DISPLAY"];

/**
 * The process of an attempt, when the slot's warm one will not do.
 *
 * @throws {StepError} `lost` when the node's browser runs elsewhere, and such an attempt cannot be run there.
 */
export function chooseProcess(
  { web, warn }: SessionOptions,
  places: BrowserPlaces,
  { endpoint }: Pick<PoolPolicy, "endpoint"> = {},
): BrowserProcess | undefined {
  if (endpoint !== undefined) return refuseOwn(web);
  const reason = web.headless ? undefined : whyHeadless(web.environment, places);
  if (reason !== undefined) warn(`Runs headless: ${reason}`);
  const isHeadless = web.headless || reason !== undefined;
  const isShared = web.isolation !== "browser" && Object.keys(web.environment).length === 0;
  if (isHeadless && isShared) return undefined;
  return { isHeadless, environment: foreignEnvironment(web.environment) };
}

/** The process of a browser elsewhere is what it is. */
function refuseOwn({ isolation, headless, environment }: SessionOptions["web"]): undefined {
  const wants = [
    ...(isolation === "browser" ? ["isolation: browser"] : []),
    ...(headless ? [] : ["headless: false"]),
    ...(Object.keys(environment).length > 0 ? ["environment"] : []),
  ];
  if (wants.length === 0) return undefined;
  const text = `Cannot give the test a browser of its own (${wants.join(", ")}): this node's browser runs elsewhere, by --browser-endpoint`;
  throw new StepError("lost", "browser_crash", text);
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
