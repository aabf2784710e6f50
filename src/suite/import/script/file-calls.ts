/** Calls of downloads and file choosers. */
import type { Json } from "#proto/matcher.ts";
import { isJsonMapping } from "#shared/json-kind.ts";
import { Untranslated } from "../untranslated.ts";
import { replaceClick } from "./awaited.ts";
import type { Expression } from "./syntax.ts";
import { NOTHING, textIn, type Value } from "./values.ts";
import type { Walk } from "./walk.ts";

type Call = { readonly name: string; readonly args: readonly Value[]; readonly at: Expression };

/** `download.suggestedFilename()`; the file itself is an artifact of the attempt. @throws {Untranslated} */
export function callDownload(walk: Walk, key: string, { name, at }: Call): Value {
  switch (name) {
    case "suggestedFilename":
      return { kind: "data", value: `\${saved.${key}.name}` };
    case "url":
      return { kind: "data", value: `\${saved.${key}.url}` };
    case "saveAs":
    case "path":
    case "delete":
      walk.recorder.remark(at, `${at.text}: the file is kept as an artifact`);
      return { kind: "unknown", why: "the file of a download is an artifact" };
    default:
      throw new Untranslated(`${name}() of a download has no counterpart`);
  }
}

/** `fileChooser.setFiles()`: the click that opened it becomes an upload. @throws {Untranslated} */
export function chooseFiles(walk: Walk, from: number, { name, args, at }: Call): Value {
  if (name !== "setFiles") throw new Untranslated(`${name}() of a file chooser has no counterpart`);
  const [first] = args;
  const items = first?.kind === "list" ? first.items : first === undefined ? [] : [first];
  const files: Json = items.map((item) => textIn(item, "the file"));
  for (const file of files) walk.noteFile(String(file), at);
  replaceClick(walk, { from }, (locator) => ({
    upload: { ...(isJsonMapping(locator) ? locator : {}), files },
  }));
  return NOTHING;
}
