/** The driver contract, for every platform. */

import type { Platform } from "#proto/test.ts";
import type { Driver } from "../../src/node/drivers/driver.ts";
import { createDrivers } from "../../src/node/drivers/load.ts";
import { describeDriver } from "./driver.contract.ts";

describeDriver({
  name: "http",
  createDriver: () => driverFor("http"),
  visit: (path) => ({
    kind: "request",
    method: "GET",
    url: path,
    headers: {},
    query: {},
    followRedirects: true,
  }),
  endless: [{ kind: "wait", for: { kind: "time", ms: 60_000 } }],
});

const busy = { kind: "eval", js: "setTimeout(() => { for (;;); }, 10), new Promise(() => {})" };
const never = { by: "css", value: "#never" } as const;

describeDriver({
  name: "web",
  createDriver: () => driverFor("web"),
  visit: (path) => ({ kind: "goto", url: path, waitUntil: "load" }),
  endless: [
    { kind: "wait", for: { kind: "time", ms: 60_000 } },
    { kind: "click", locator: never },
    { kind: "expect", checks: [{ subject: { of: "visible", locator: never } }] },
    { kind: "save", values: { it: { of: "text", locator: never } } },
    { kind: "eval", js: "new Promise(() => {})" },
    busy,
  ],
});

function driverFor(platform: Platform): Driver {
  const driver = createDrivers().find((one) => one.platform === platform);
  if (driver === undefined) throw new Error(`No driver for ${platform}`);
  return driver;
}
