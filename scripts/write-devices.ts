/** Writes src/suite/devices.json, the phones and tablets that suites may name: `bun scripts/write-devices.ts`. A test says when it is due. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { devices } from "playwright-core";

/** The devices of the bundled Playwright, with what of them suites need. */
export function deviceTable() {
  return Object.fromEntries(
    Object.entries(devices).map(([name, device]) => [
      name,
      {
        userAgent: device.userAgent,
        viewport: device.viewport,
        // Playwright's types leave it out, its table has it for most.
        ...("screen" in device ? { screen: device.screen } : {}),
        scale: device.deviceScaleFactor,
        isMobile: device.isMobile,
        hasTouch: device.hasTouch,
      },
    ]),
  );
}

if (import.meta.main) {
  const path = join(import.meta.dirname, "../src/suite/devices.json");
  writeFileSync(path, `${JSON.stringify(deviceTable(), undefined, 2)}\n`);
}
