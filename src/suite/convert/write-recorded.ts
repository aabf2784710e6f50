/** Writes recorded steps as a native suite in YAML: one step a line, with what is to be known of it beside it. */
import { Document, isMap, isSeq, type YAMLMap } from "yaml";
import type { Json } from "#proto/matcher.ts";

export type RecordedSuite = {
  readonly name: string;
  readonly baseUrl: string;
  readonly secrets: readonly string[];
  readonly steps: readonly {
    readonly verb: string;
    readonly args: Json;
    readonly comment?: string;
  }[];
  /** Lines of the comment at the head. */
  readonly head: readonly string[];
};

/** Writes the file; equal input gives equal text. */
export function writeRecorded({ name, baseUrl, secrets, steps, head }: RecordedSuite): string {
  const document = new Document({
    name,
    ...(secrets.length > 0 && { secrets: [...secrets] }),
    defaults: { baseUrl },
    tests: [{ name: "recorded", steps: steps.map(({ verb, args }) => ({ [verb]: args })) }],
  });
  document.commentBefore = head.map((line) => ` ${line}`).join("\n");
  const list = document.getIn(["tests", 0, "steps"]);
  if (isSeq(list)) {
    for (const [index, node] of list.items.entries()) {
      if (!isMap(node)) continue;
      flowInside(node);
      const { comment } = steps[index] ?? {};
      if (comment !== undefined) node.commentBefore = ` ${comment}`;
    }
  }
  return document.toString({ lineWidth: 0 });
}

function flowInside(node: YAMLMap): void {
  for (const { value } of node.items) if (isMap(value) || isSeq(value)) value.flow = true;
}
