/** Writes src/suite/devices.json, the phones and tablets that suites may name, as the bundled Playwright describes them. A test says when to call it again. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { devices } from "playwright-core";

const table = Object.fromEntries(
  Object.entries(devices).map(([name, device]) => [
    name,
    {
      userAgent: device.userAgent,
      viewport: device.viewport,
      ...(device.screen === undefined ? {} : { screen: device.screen }),
      scale: device.deviceScaleFactor,
      isMobile: device.isMobile,
      hasTouch: device.hasTouch,
    },
  ]),
);
const path = join(import.meta.dirname, "../src/suite/devices.json");
writeFileSync(path, `${JSON.stringify(table, undefined, 2)}\n`);
