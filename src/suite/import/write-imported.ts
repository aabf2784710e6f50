/** Writes what was imported as a native suite in YAML. What was left out stands as a comment at its place. */
import { Document, isMap, isSeq, type YAMLSeq } from "yaml";
import { escapeTemplate } from "#shared/template.ts";
import { commentLine, flowInside } from "../convert/yaml-style.ts";
import type { Entries, Imported, Item } from "./imported.ts";

/** How every imported file begins. */
export const IMPORTED_MARK = "Imported by panoptic import from ";

/** The file; equal input gives equal text. */
export function writeImported(imported: Imported, file: string): string {
  const { before, after, tests, secrets, fields } = imported;
  const content = {
    name: escapeTemplate(imported.name),
    ...(secrets.length === 0 ? {} : { secrets }),
    ...(Object.keys(fields).length === 0 ? {} : { defaults: fields }),
    ...(imported.isSerial === true ? { serial: true } : {}),
    ...(before.some(isStep) ? { beforeEach: stepsOf(before) } : {}),
    ...(after.some(isStep) ? { afterEach: stepsOf(after) } : {}),
    tests: tests.map(({ name, fields: own, items }) => ({
      name,
      ...own,
      steps: stepsOf(items),
    })),
  };
  // Anchors (&a1 … *a1) would be read, but not by people.
  const document = new Document(content, { aliasDuplicateObjects: false });
  document.commentBefore = headOf(imported, file).map(commentLine).join("\n");
  finish(document.get("beforeEach"), before);
  finish(document.get("afterEach"), after);
  const list = document.get("tests");
  if (isSeq(list))
    for (const [index, node] of list.items.entries())
      if (isMap(node)) finish(node.get("steps"), tests[index]?.items ?? []);
  return document.toString({ lineWidth: 0 });
}

function headOf({ missing, advice }: Imported, file: string): readonly string[] {
  return [
    `${IMPORTED_MARK}${file}`,
    ...(missing.length === 0
      ? []
      : [
          `${missing.length} not translated: ${missing.map(({ line }) => `line ${line}`).join(", ")}`,
        ]),
    ...advice.map(({ line, text }) => `line ${line}: ${text}`),
  ];
}

const isStep = (item: Item): item is Extract<Item, { kind: "step" }> => item.kind === "step";
const stepsOf = (items: readonly Item[]): readonly Entries[] =>
  items.filter(isStep).map(({ entries }) => entries);

/** Puts remarks between the steps, and keeps each step's arguments on one line. */
function finish(list: unknown, items: readonly Item[]): void {
  if (!isSeq(list)) return;
  for (const step of list.items) if (isMap(step)) flowInside(step);
  commentBetween(list, items);
}

function commentBetween(list: YAMLSeq, items: readonly Item[]): void {
  let index = 0;
  let waiting: string[] = [];
  for (const item of items) {
    if (item.kind === "remark") {
      waiting.push(commentLine(item.text));
      continue;
    }
    const node = list.items[index];
    if (waiting.length > 0 && isMap(node)) node.commentBefore = waiting.join("\n");
    waiting = [];
    index += 1;
  }
  if (waiting.length > 0) list.comment = waiting.join("\n");
}
