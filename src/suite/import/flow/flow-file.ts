/** A flow of Maestro as a file: its header and its list of commands, each with its place. */
import { FaultLog } from "../../reading/fault-log.ts";
import type { Located, LocatedMapping } from "../../reading/located.ts";
import { parseYamlTree } from "../../reading/yaml-tree.ts";
import type { Fault, SuiteSource } from "../../source.ts";

export type FlowFile = {
  readonly header: LocatedMapping | undefined;
  readonly commands: readonly Located[];
};

export type ReadFlow =
  | { readonly kind: "read"; readonly flow: FlowFile }
  | { readonly kind: "refused"; readonly faults: readonly Fault[] };

/** Reads the header and the commands, which a line of `---` parts. */
export function readFlowFile({ file, text }: SuiteSource): ReadFlow {
  const log = new FaultLog(file);
  let header: LocatedMapping | undefined;
  const commands: Located[] = [];
  for (const part of documentsIn(text)) {
    const { root } = parseYamlTree(part, log);
    if (root === undefined || (root.kind === "scalar" && root.value === null)) continue;
    if (root.kind === "mapping" && header === undefined && commands.length === 0) header = root;
    else if (root.kind === "list") commands.push(...root.items);
    else log.error(root, "Expected a header, and after a line of --- a list of commands");
  }
  if (log.hasErrors) return { kind: "refused", faults: log.all };
  return { kind: "read", flow: { header, commands } };
}

/** The documents of a file, each after as many empty lines as stand before it, so that places are those of the file. */
function documentsIn(text: string): readonly string[] {
  const parts: string[] = [];
  let lines: string[] = [];
  for (const [index, line] of text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .entries()) {
    if (/^---(\s|$)/.test(line)) {
      parts.push(lines.join("\n"));
      lines = [...Array.from({ length: index }, () => ""), line.replace(/^---/, "   ")];
    } else if (line !== "...") lines.push(line);
  }
  return [...parts, lines.join("\n")].filter((part) => part.trim() !== "");
}
