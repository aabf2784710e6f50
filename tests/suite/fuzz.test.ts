import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { loadSuite } from "#suite/load.ts";
import { errorsOf, expandText } from "./suite-kit.ts";

const folder = (name: string) => join(import.meta.dirname, "fixtures", name);
const TEXTS = ["good", "bad"].flatMap((name) =>
  readdirSync(folder(name)).map((file) => readFileSync(join(folder(name), file), "utf8")),
);

/** A suite with a few characters taken out, put in or moved about. */
const broken = fc
  .tuple(
    fc.constantFrom(...TEXTS),
    fc.array(
      fc.tuple(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat(12),
        fc.constantFrom(
          "",
          "\n",
          "  ",
          ": ",
          "- ",
          "[",
          "}",
          "${",
          "'",
          "&a ",
          "*a",
          "null",
          "5",
          "name",
          "steps:",
          "\t",
        ),
      ),
      { minLength: 1, maxLength: 4 },
    ),
  )
  .map(([text, edits]) =>
    edits.reduce((current, [at, cut, put]) => {
      const index = Math.floor(at * current.length);
      return current.slice(0, index) + put + current.slice(index + cut);
    }, text),
  );

test("loadSuite() throws on nothing, and each fault stands inside the file", () => {
  fc.assert(
    fc.property(broken, (text) => {
      const lineCount = text.split("\n").length;
      const outcome = loadSuite({ file: "s.yaml", text }, () => undefined);
      const faults = outcome.kind === "refused" ? outcome.faults : outcome.warnings;
      if (outcome.kind === "refused")
        expect(faults.some((fault) => fault.severity === "error")).toBe(true);
      for (const fault of faults) {
        expect(fault.line).toBeGreaterThanOrEqual(1);
        expect(fault.line).toBeLessThanOrEqual(lineCount);
        expect(fault.column).toBeGreaterThanOrEqual(1);
        expect(fault.message).toMatch(/^[A-Z$]/);
      }
    }),
    { numRuns: 300 },
  );
});

test("what loads also expands once the environment is there, or says at a place why not", () => {
  fc.assert(
    fc.property(broken, (text) => {
      const env = new Proxy(
        {},
        {
          getOwnPropertyDescriptor: () => ({ value: "5", configurable: true, enumerable: true }),
          get: () => "5",
        },
      );
      const outcome = expandText(text, { env, secrets: ["SHOP_PASSWORD", "TOKEN", "PASSWORD"] });
      if (outcome.kind === "refused") expect(errorsOf(text, { env })).not.toEqual([]);
    }),
    { numRuns: 100 },
  );
});
