/** How files that a program writes look: what stands in a step on one line, comments that cannot break the file. */
import { isMap, isSeq, type YAMLMap } from "yaml";

/** A comment cannot hold line breaks, and a control character would make the file unreadable. */
export function commentLine(line: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
  return ` ${line.replaceAll(/[\0-\x1f\x7f\u0085\u2028\u2029]+/g, " ")}`;
}

/** Puts the values of a mapping on one line each. */
export function flowInside(node: YAMLMap): void {
  for (const { value } of node.items) if (isMap(value) || isSeq(value)) value.flow = true;
}
