/** A JSON document beside the suite, which travels as a file and is read here only to tell its faults early. */
import type { Json } from "#proto/matcher.ts";
import { messageOf } from "#shared/errors.ts";
import type { Located } from "../reading/located.ts";
import { filePath } from "../reading/scalar-shapes.ts";
import { type Reading, refuseBecause } from "../reading/shape.ts";
import type { SuiteFile } from "../source.ts";

/** More than this is nothing to compare a response with, bytes: 8 MiB. */
const BYTES_MAX = 8 * 1024 * 1024;

export type NamedFile = { readonly path: string; readonly text: string };

/** Reads a file's text; each test of a suite asks again, so what a file means is remembered with its bytes. */
export function readNamedFile(node: Located, reading: Reading): NamedFile | undefined {
  const path = filePath.read(node, reading);
  if (typeof path !== "string") return undefined;
  const file = reading.files(path);
  if (file === undefined) return undefined;
  const text = textOf(file);
  if (text !== undefined) return { path, text };
  return refuseBecause(
    node,
    `Expected UTF-8 text of at most ${BYTES_MAX} bytes in ${JSON.stringify(path)}, found ${file.bytes.length} bytes of something else`,
    reading,
  );
}

const TEXTS = new WeakMap<SuiteFile, string | false>();

function textOf(file: SuiteFile): string | undefined {
  const known = TEXTS.get(file);
  if (known !== undefined) return known === false ? undefined : known;
  const text = file.bytes.length <= BYTES_MAX ? decode(file.bytes) : undefined;
  TEXTS.set(file, text ?? false);
  return text;
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    // The caller says what was expected.
    return undefined;
  }
}

/** The document in a text, or why there is none. */
export function parseJson(text: string): { readonly document: Json } | { readonly fault: string } {
  try {
    return { document: JSON.parse(text) as Json };
  } catch (thrown) {
    return { fault: messageOf(thrown) };
  }
}
