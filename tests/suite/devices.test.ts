import { expect, test } from "vitest";
import table from "#suite/devices.json" with { type: "json" };
import { deviceAdvice, deviceNamed } from "#suite/devices.ts";
import { deviceTable } from "../../scripts/write-devices.ts";

test("devices.json is what the bundled Playwright says: else call scripts/write-devices.ts", () => {
  expect(Object.keys(table).length).toBeGreaterThan(100);
  expect(table).toEqual(JSON.parse(JSON.stringify(deviceTable())));
});

test("deviceNamed() finds every device of the table, whatever the letter case", () => {
  for (const name of Object.keys(table)) {
    expect(deviceNamed(name)?.name).toBe(name);
    expect(deviceNamed(` ${name.toUpperCase().replaceAll(" ", "  ")} `)?.name).toBe(name);
  }
  expect(deviceNamed("iPhone 13")).toMatchObject({
    viewport: { width: 390, height: 664 },
    scale: 3,
    isMobile: true,
    hasTouch: true,
  });
});

test("a device that nobody has is answered by the nearest one, or by some that there are", () => {
  expect(deviceNamed("iPhone 31")).toBeUndefined();
  expect(deviceNamed("constructor")).toBeUndefined();
  expect(deviceAdvice("iPhon 13")).toBe('did you mean "iPhone 13"?');
  expect(deviceAdvice("a fridge of unknown make")).toMatch(/such as iPhone 13, /);
});
