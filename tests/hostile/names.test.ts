/** Names that become paths: each stays in its folder, whatever it is made of. */
import { resolve, sep } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { suitePath } from "#suite/suite-path.ts";
import { createNameTaker } from "../../src/node/artifacts/names.ts";

const part = fc.constantFrom(
  "..",
  ".",
  "/",
  "\\\\",
  "\u0000",
  "C:",
  "con",
  "nul.",
  "~",
  "%2e%2e",
  " ",
  "\u202e",
  "\ud800",
  "a",
  ".png",
  "*",
  "$(x)",
  "\n",
);
const name = fc.array(part, { maxLength: 12 }).map((parts) => parts.join(""));
const FOLDER = "/folder/of/the/attempt";

test("createNameTaker() gives plain names, each once", () => {
  fc.assert(
    fc.property(fc.array(name, { maxLength: 20 }), (names) => {
      const take = createNameTaker();
      const taken = names.map(take);
      for (const one of taken) {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
        expect(one).not.toMatch(/[/\\\\\u0000-\u001f]|^\.|^(con|nul)(\.|$)/i);
        expect(resolve(FOLDER, one).startsWith(FOLDER + sep)).toBe(true);
        expect(Buffer.byteLength(one)).toBeLessThanOrEqual(255);
      }
      expect(new Set(taken.map((one) => one.toLowerCase())).size).toBe(names.length);
    }),
  );
});

test("a name of 250,000 dots is taken at once", () => {
  expect(createNameTaker()(`${".".repeat(250_000)}x.png`).length).toBeLessThan(255);
});

test("suitePath() gives paths inside of the folder, or says why not", () => {
  fc.assert(
    fc.property(name, (written) => {
      const place = suitePath(written);
      if (place.kind === "refused") {
        expect(place.reason).not.toBe("");
        return;
      }
      expect(resolve(FOLDER, place.path).startsWith(FOLDER + sep)).toBe(true);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
      expect(place.path).not.toMatch(/(^|[/\\\\])\.\.([/\\\\]|$)|\u0000/);
    }),
  );
});
