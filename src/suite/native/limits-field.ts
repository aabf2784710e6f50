/** `limits` of a web test: what its attempts may use. */
import { parseBytes, parseShare, SHARE_PATTERN, SIZE_PATTERN } from "#shared/quantities.ts";
import { mapping } from "../reading/group-shapes.ts";
import { opennessOf } from "../reading/openness.ts";
import { orTemplate, refuse, type Shape, shape } from "../reading/shape.ts";

const size = quantity("a size such as 500MiB or 1GiB", SIZE_PATTERN, parseBytes);
const share = quantity("a share of one processor such as 50% or 200%", SHARE_PATTERN, parseShare);

/** `{ memory: 1GiB, disk: 500MiB, cpu: 50% }`, as `AttemptLimits` of the wire. */
export const limits: Shape = mapping({
  what: "limits such as { memory: 1GiB, disk: 500MiB, cpu: 50% }",
  fields: { memory: size, disk: size, cpu: share },
  someOf: ["memory", "disk", "cpu"],
  build: ({ memory, disk, cpu }) => ({
    ...(memory === undefined ? {} : { memoryBytes: memory }),
    ...(disk === undefined ? {} : { diskBytes: disk }),
    ...(cpu === undefined ? {} : { cpuShare: cpu }),
  }),
});

function quantity(
  expected: string,
  pattern: string,
  parse: (text: string) => number | undefined,
): Shape {
  return shape(expected, orTemplate({ type: "string", pattern }), (node, reading) => {
    if (node.kind === "scalar" && opennessOf(node) === "lone") return node.value;
    const value = node.kind === "scalar" ? node.value : undefined;
    const found = typeof value === "string" ? parse(value) : undefined;
    return found ?? refuse(node, expected, reading);
  });
}
