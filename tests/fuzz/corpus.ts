/** What inputs are made of: suites that work and suites that do not, golden messages of the wire. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..", "..");

/** The texts of all suites of the examples and of the reader's tests, in a stable order. */
export function suiteTexts(): readonly string[] {
  const folders = [
    "examples",
    "examples/original",
    "tests/suite/fixtures/good",
    "tests/suite/fixtures/bad",
  ];
  return folders.flatMap((folder) => textsIn(folder, /\.(ya?ml|json)$/).map(([, text]) => text));
}

/** The golden messages of the wire by their file's name without its ending. */
export function goldenMessages(): ReadonlyMap<string, unknown> {
  return new Map(
    textsIn("proto/fixtures/v1", /\.json$/).map(([name, text]) => [
      name.replace(/\.json$/, ""),
      JSON.parse(text) as unknown,
    ]),
  );
}

function textsIn(folder: string, ending: RegExp): [name: string, text: string][] {
  return readdirSync(join(ROOT, folder))
    .filter((name) => ending.test(name))
    .toSorted()
    .map((name) => [name, readFileSync(join(ROOT, folder, name), "utf8")]);
}
