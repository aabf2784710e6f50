/** What the modules that a script imports give. */
import { FIRST_TAB, type Value } from "./values.ts";

/** What a module of Playwright's gives; anything else is not known. */
export function importedValue(name: string, from: string): Value {
  if (
    !/^(@playwright\/test|playwright|playwright-core|playwright\/test|path|node:path)$/.test(from)
  )
    return { kind: "unknown", why: `it comes from ${from}` };
  return memberOfModule(name);
}

/** A name of Playwright's module. */
export function memberOfModule(name: string): Value {
  switch (name) {
    case "test":
    case "expect":
    case "request":
    case "path":
      return { kind: "part", name, tab: FIRST_TAB };
    case "chromium":
    case "firefox":
    case "webkit":
      return { kind: "browserType", name };
    case "devices":
      return { kind: "devices" };
    default:
      return { kind: "playwright" };
  }
}
