/** `data` of a test: rows in the suite, or in a CSV or JSON file beside it. Pure: the file's bytes are handed in. */

import { parse as parseCsv } from "csv-parse/sync";
import { z } from "zod";
import type { Json } from "#proto/matcher.ts";
import { messageOf } from "#shared/errors.ts";
import { isJsonList, isJsonMapping } from "#shared/json-kind.ts";
import { escapeTemplate } from "#shared/template.ts";
import type { Position } from "../reading/fault-log.ts";
import { jsonOf, type Located } from "../reading/located.ts";
import { type Reading, refuse, refuseBecause } from "../reading/shape.ts";
import { suitePath } from "../suite-path.ts";
import type { ValuesByName } from "./scope.ts";

const EXPECTED = "a list of rows such as [{ id: 1 }], or a file such as rows.csv or rows.json";

/** One row; `at` is where its values come from in the suite. */
export type DataRow = { readonly values: ValuesByName; readonly at: Position };

/** Reads the rows of a filled `data` value; undefined when they were refused, which the log then holds. */
export function readRows(node: Located, reading: Reading): readonly DataRow[] | undefined {
  if (node.kind === "list") return definedRows(node.items.map((item) => readRow(item, reading)));
  if (node.kind !== "scalar" || typeof node.value !== "string" || node.value === "")
    return refuse(node, EXPECTED, reading);
  const rows = readFile(node, node.value, reading);
  return rows?.map((values) => ({ values, at: { line: node.line, column: node.column } }));
}

function definedRows(rows: readonly (DataRow | undefined)[]): readonly DataRow[] {
  return rows.filter((row): row is DataRow => row !== undefined);
}

function readRow(node: Located, reading: Reading): DataRow | undefined {
  if (node.kind !== "mapping") return refuse(node, "a row such as { id: 1 }", reading);
  const values = jsonOf(node);
  return { values: isJsonMapping(values) ? values : {}, at: node };
}

function readFile(
  node: Located,
  written: string,
  reading: Reading,
): readonly ValuesByName[] | undefined {
  const place = suitePath(written);
  const found = JSON.stringify(written);
  if (place.kind === "refused")
    return refuseBecause(
      node,
      `Expected a file under the suite's folder, found ${found}: ${place.reason}`,
      reading,
    );
  const format = /\.(csv|json)$/i.exec(place.path)?.[1]?.toLowerCase();
  if (format === undefined) return refuse(node, EXPECTED, reading);
  const file = reading.files(place.path);
  if (file === undefined)
    return refuseBecause(
      node,
      `Expected a file beside the suite, but there is no ${JSON.stringify(place.path)}`,
      reading,
    );
  const rows = parseRows(file.bytes, format === "csv");
  return typeof rows === "string"
    ? refuseBecause(node, `Cannot read ${JSON.stringify(place.path)}: ${rows}`, reading)
    : rows;
}

/** The rows of a file, or a sentence saying why there are none. */
function parseRows(bytes: Uint8Array, isCsv: boolean): readonly ValuesByName[] | string {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return isCsv ? csvRows(text) : jsonRows(text);
  } catch (thrown) {
    return messageOf(thrown);
  }
}

const Cells = z.array(z.array(z.string()));

/** Cells are text. The first line names the columns; blanks around those names are not part of them. */
function csvRows(text: string): readonly ValuesByName[] | string {
  const [header, ...lines] = Cells.parse(parseCsv(text, { skip_empty_lines: true }));
  if (header === undefined)
    return "expected a first line with the names of the columns, found nothing";
  const names = header.map((name) => name.trim());
  if (names.includes(""))
    return `expected a name for each column, found none for column ${names.indexOf("") + 1}`;
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) return `expected each column once, found "${repeated}" twice`;
  return lines.map((cells) =>
    Object.fromEntries(names.map((name, index) => [name, escapeTemplate(cells[index] ?? "")])),
  );
}

function jsonRows(text: string): readonly ValuesByName[] | string {
  const parsed = JSON.parse(text) as Json;
  if (!isJsonList(parsed))
    return 'expected a list of rows such as [{ "id": 1 }], found something else';
  const rows = parsed.map(escapeDeep);
  const strange = rows.findIndex((row) => !isJsonMapping(row));
  return strange === -1
    ? rows.filter(isJsonMapping)
    : `expected a row such as { "id": 1 }, found ${JSON.stringify(rows[strange]).slice(0, 60)} as row ${strange + 1}`;
}

/** Text from outside the suite means itself: a `${` in it is no reference. */
function escapeDeep(value: Json): Json {
  if (typeof value === "string") return escapeTemplate(value);
  if (value === null || typeof value !== "object") return value;
  if (isJsonList(value)) return value.map(escapeDeep);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, escapeDeep(item)]));
}
