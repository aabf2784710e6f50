/** The phones and tablets that suites may name: devices.json, written by scripts/write-devices.ts from Playwright's own table. */
import { Device } from "#proto/evidence.ts";
import table from "./devices.json" with { type: "json" };
import { nearestWord } from "./reading/fault-log.ts";

const BY_NAME: ReadonlyMap<string, unknown> = new Map(Object.entries(table));
const BY_LOWER_NAME: ReadonlyMap<string, string> = new Map(
  [...BY_NAME.keys()].map((name) => [name.toLowerCase(), name]),
);
/** All 200 names would make no message clearer. */
const EXAMPLES = ["iPhone 13", "Pixel 7", "iPad Mini", "Galaxy S8"];

/** The device of a name, letter case and repeated blanks aside; undefined when there is none. */
export function deviceNamed(written: string): Device | undefined {
  const name = BY_LOWER_NAME.get(written.trim().replaceAll(/\s+/g, " ").toLowerCase());
  const known = name === undefined ? undefined : BY_NAME.get(name);
  return known === undefined ? undefined : Device.parse({ ...known, name });
}

/** The end of a message about a name that no device has. */
export function deviceAdvice(written: string): string {
  const near = nearestWord(written, [...BY_NAME.keys()]);
  const some = `expected a device of Playwright such as ${EXAMPLES.join(", ")}`;
  return near === undefined ? some : `did you mean "${near}"?`;
}
