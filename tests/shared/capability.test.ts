import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Capability,
  type CapabilityKind,
  isWithin,
  osFamilyOf,
  parseCapability,
  rememberedCapability,
  versionParts,
} from "#shared/capability.ts";

function read(kind: CapabilityKind, text: string): Capability {
  const parsed = parseCapability(kind, text);
  if (parsed.kind === "refused") throw new Error(JSON.stringify(parsed.fault));
  return parsed.capability;
}

function faultOf(kind: CapabilityKind, text: string): string {
  const parsed = parseCapability(kind, text);
  if (parsed.kind === "parsed") throw new Error(`Expected a fault in ${text}`);
  return parsed.fault.kind === "malformed" ? parsed.fault.message : `unknown ${parsed.fault.name}`;
}

const isChromium = (expression: string, version: string): boolean =>
  isWithin(read("browser", expression), {
    name: "chromium",
    parts: versionParts(version) ?? [],
  });

describe("isWithin() compares versions number by number", () => {
  test.each([
    ["chromium", "1", true],
    ["chromium >= 120", "120.0.6099.109", true],
    ["chromium >= 120", "119.9.9.9", false],
    ["chromium >= 99", "120.0", true],
    ["chromium >= 120 < 130", "129.9", true],
    ["chromium >= 120 < 130", "130.0.6723", false],
    ["chromium < 130 >= 120", "120", true],
    ["chromium <= 130", "130.0.6723", true],
    ["chromium <= 130", "131", false],
    ["chromium > 130", "130.9.9", false],
    ["chromium > 130", "131.0", true],
    ["chromium = 120.0", "120.0.7", true],
    ["chromium = 120.0", "120.1", false],
    ["chromium >= 120.0.6099.110", "120.0.6099.109", false],
    ["chromium >= 120.0.6099.9", "120.0.6099.109", true],
    ["chromium >= 120.0.0", "120", true],
  ])("%s at %s: %s", (expression, version, is) => {
    expect(isChromium(expression, version)).toBe(is);
  });

  test("another name, and a version that nobody knows, are in no bounds", () => {
    const capability = read("browser", "chromium >= 120");
    expect(isWithin(capability, { name: "firefox", parts: [140] })).toBe(false);
    expect(isWithin(capability, { name: "chromium" })).toBe(false);
    expect(isWithin(read("browser", "chromium"), { name: "chromium" })).toBe(true);
  });
});

test("amounts: processors, and memory in decimal and binary units", () => {
  const has = (kind: "cpus" | "memory", text: string, amount: number) =>
    isWithin(read(kind, text), { parts: [amount] });
  expect(has("cpus", ">= 4", 4)).toBe(true);
  expect(has("cpus", ">= 4", 3)).toBe(false);
  expect(has("cpus", "= 4", 5)).toBe(false);
  expect(has("cpus", "> 4 <= 6", 6)).toBe(true);
  expect(has("memory", ">= 8 GB", 8e9)).toBe(true);
  expect(has("memory", ">= 8 GB", 8e9 - 1)).toBe(false);
  expect(has("memory", ">= 8 GiB", 8e9)).toBe(false);
  expect(has("memory", ">= 7.5gib", 7.5 * 2 ** 30)).toBe(true);
  expect(has("memory", "< 512 MB", 512e6)).toBe(false);
});

test("equal expressions have one spelling, in the mesh's words", () => {
  expect(read("browser", " Chromium>=0120.0   <130 ").text).toBe("chromium >= 120.0 < 130");
  expect(read("browser", "chromium < 130 >= 120").text).toBe("chromium >= 120 < 130");
  expect(read("os", "macOS").text).toBe("darwin");
  expect(read("os", "win32 >= 10.0.22000").text).toBe("windows >= 10.0.22000");
  expect(read("arch", "x86_64").text).toBe("x64");
  expect(read("arch", "aarch64").text).toBe("arm64");
  expect(read("cpus", ">=4").text).toBe(">= 4");
  expect(read("memory", "<16gib>= 8.50gb").text).toBe(">= 8.5 GB < 16 GiB");
});

test.each<[CapabilityKind, string, string]>([
  ["browser", "", "it begins with no name"],
  ["browser", ">= 120", "it begins with no name"],
  ["browser", "chromium 120", '"120" is no bound: one is >=, >, <=, < or = and a version'],
  ["browser", "chromium => 120", '"=> 120" is no bound'],
  ["browser", "chromium >=", '">=" is no bound'],
  ["browser", "chromium >= new", '"new" is not a version such as 120 or 120.0.1'],
  ["browser", "chromium >= 1.2.", '"1.2." is not a version'],
  ["browser", "chromium >= 1 < 3 < 4", "it has more than two bounds"],
  ["browser", "chromium >= 1 > 2", "two bounds are one from below (>= or >) and one from above"],
  ["browser", "chromium = 1 < 2", "two bounds are one from below"],
  ["browser", "chromium >= 130 < 120", "nothing is in its bounds"],
  ["browser", "chromium > 120 <= 120", "nothing is in its bounds"],
  ["browser", "chromium < 0", "nothing is in its bounds"],
  ["browser", `chromium >= ${"1.".repeat(100)}1`, "it has more than 200 characters"],
  ["os", "linus", "unknown linus"],
  ["arch", "x46", "unknown x46"],
  ["arch", "x64 >= 1", "an arch has no versions"],
  ["cpus", "4", '"4" is no bound: one is >=, >, <=, < or = and a whole number from 1 to 100000'],
  ["cpus", "", "it names no amount"],
  ["cpus", ">= 0", '"0" is not a whole number from 1 to 100000'],
  ["cpus", ">= 2.5", '"2.5" is not a whole number'],
  ["memory", ">= 8", '"8" is not an amount such as 8 GB, 512 MB or 7.5 GiB'],
  ["memory", ">= 8 XB", '"8 XB" is not an amount'],
  ["memory", ">= 0 GB", '"0 GB" is not an amount'],
])("parseCapability(%s) refuses %j", (kind, text, message) => {
  expect(faultOf(kind, text)).toContain(message);
});

const kinds = fc.constantFrom<CapabilityKind>("browser", "os", "arch", "cpus", "memory");
const version = fc
  .array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join("."));
const lower = fc.tuple(fc.constantFrom(">=", ">"), version);
const upper = fc.tuple(fc.constantFrom("<=", "<"), version);

/** A second reading of the rules: as many numbers as the bound names, one after the other. */
function obeys(found: string, [operator, bound]: readonly [string, string]): boolean {
  const wanted = bound.split(".").map(Number);
  const parts = found.split(".").map(Number);
  const cut = wanted.map((_, index) => parts[index] ?? 0);
  const index = wanted.findIndex((part, at) => part !== cut[at]);
  const order = index === -1 ? 0 : (cut[index] ?? 0) - (wanted[index] ?? 0);
  if (operator === ">=") return order >= 0;
  if (operator === ">") return order > 0;
  if (operator === "<=") return order <= 0;
  return operator === "<" ? order < 0 : order === 0;
}

test("bounds hold together as each of them holds, and none is in those that are refused", () => {
  fc.assert(
    fc.property(lower, upper, version, (one, other, found) => {
      const text = `chromium ${one.join(" ")} ${other.join("")}`;
      const parsed = parseCapability("browser", text);
      const isIn = obeys(found, one) && obeys(found, other);
      if (parsed.kind === "refused") expect(isIn).toBe(false);
      else expect(isChromium(text, found)).toBe(isIn);
    }),
    { numRuns: 2_000 },
  );
});

test("one bound holds as it is read, and is never refused", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(">=", ">", "<=", "<", "="),
      version,
      version,
      (operator, bound, found) => {
        fc.pre(operator !== "<" || /[1-9]/.test(bound));
        expect(isChromium(`chromium ${operator} ${bound}`, found)).toBe(
          obeys(found, [operator, bound]),
        );
      },
    ),
    { numRuns: 1_000 },
  );
});

test("parseCapability() throws on no text, and reads its own spelling as the same", () => {
  const piece = fc.constantFrom(
    ..."chromium linux x64 >= > <= < = 120 1.2 8 GB GiB 0 -1 . ${x} é".split(" "),
  );
  const texts = fc.oneof(
    fc.string({ maxLength: 30 }),
    fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(" ")),
  );
  fc.assert(
    fc.property(kinds, texts, (kind, text) => {
      const parsed = parseCapability(kind, text);
      expect(rememberedCapability(kind, text)).toEqual(parsed);
      if (parsed.kind === "parsed")
        expect(read(kind, parsed.capability.text)).toEqual(parsed.capability);
    }),
    { numRuns: 3_000 },
  );
});

test("rememberedCapability() keeps a bounded number, and never mixes two up", () => {
  for (let count = 1; count <= 3_000; count += 1)
    expect(rememberedCapability("cpus", `>= ${count}`)).toEqual(
      parseCapability("cpus", `>= ${count}`),
    );
  expect(rememberedCapability("memory", ">= 4").kind).toBe("refused");
});

test("versionParts() and osFamilyOf() read what nodes tell", () => {
  expect(versionParts("HeadlessChrome/140.0.7339.16")).toEqual([140, 0, 7339, 16]);
  expect(versionParts("6.1.0-28-amd64")).toEqual([6, 1, 0]);
  expect(versionParts("unknown")).toBeUndefined();
  expect(versionParts(undefined)).toBeUndefined();
  expect(["linux 6.1", "darwin 24.0", "win32 10.0", "freebsd 14"].map(osFamilyOf)).toEqual([
    "linux",
    "darwin",
    "windows",
    undefined,
  ]);
});
