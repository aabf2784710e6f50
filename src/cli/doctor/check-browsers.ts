/** Doctor: platforms. Launches every kind of browser there is here as a node does, and names what is not supported yet. */
import { createDrivers } from "#node/drivers/load.ts";
import { type BrowserPlaces, findBrowser } from "#node/drivers/web/find-browser.ts";
import type { Finding } from "../finding.ts";

const PROBE_MS_MAX = 30_000;
const FIX_HEADLESS = "sudo apt-get install -y chromium-headless-shell";
const FIX_FULL = "sudo apt-get install -y chromium (or Google Chrome)";

/** One finding a platform, browser and engine. */
export async function checkBrowsers(places: BrowserPlaces): Promise<Finding[]> {
  const headless = findBrowser(places, { isHeadless: true });
  const full = findBrowser(places, { isHeadless: false });
  const [platforms, window] = await Promise.all([
    probeAll({ ...places, browserPath: headless }),
    checkFull(full, headless),
  ]);
  return [...platforms, ...window, notYet("firefox"), notYet("webkit")];
}

/** What a node would say of itself: `web` by the browser that it would take, and the other platforms. */
async function probeAll(places: BrowserPlaces): Promise<Finding[]> {
  const probes = await Promise.all(
    createDrivers(places).map((driver) => driver.probe(PROBE_MS_MAX)),
  );
  return probes.map((probe): Finding => {
    if (probe.kind === "unable") {
      const fix = FIX_HEADLESS;
      return { name: `platform ${probe.platform}`, state: "broken", said: probe.reason, fix };
    }
    const { platform, browser, version } = probe.capability;
    const by = places.browserPath ?? "Playwright's own";
    const said =
      browser === undefined ? "works" : `${browser} ${version ?? ""} opened a page (${by})`;
    return { name: `platform ${platform}`, state: "works", said };
  });
}

/** The browser with windows, for suites that are not headless; nobody else needs it. */
async function checkFull(
  path: string | undefined,
  headless: string | undefined,
): Promise<Finding[]> {
  const name = "browser with windows";
  if (path === undefined) {
    const said = "none is here; only tests with `headless: false` need one";
    return [{ name, state: "absent", said, fix: FIX_FULL }];
  }
  if (path === headless) return [];
  const [web] = createDrivers({ browserPath: path });
  const probe = await web?.probe(PROBE_MS_MAX);
  if (probe?.kind === "able") {
    const { browser, version } = probe.capability;
    return [{ name, state: "works", said: `${browser} ${version} opened a page (${path})` }];
  }
  return [{ name, state: "broken", said: probe?.reason ?? "no driver", fix: FIX_FULL }];
}

function notYet(engine: string): Finding {
  return {
    name: `browser ${engine}`,
    state: "absent",
    said: "not supported yet: tests run in Chromium",
  };
}
