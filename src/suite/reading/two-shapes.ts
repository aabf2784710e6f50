/** Shapes around other shapes: one of two, and a value under a name. */
import { type Shape, shape } from "./shape.ts";

/** Any of two shapes, told apart by whether a mapping is found. */
export function mappingOr(inMapping: Shape, otherwise: Shape): Shape {
  const expected = `${otherwise.expected}, or ${inMapping.expected}`;
  return shape(expected, { anyOf: [otherwise.schema, inMapping.schema] }, (node, reading) => {
    if (node.kind === "mapping") return inMapping.read(node, reading);
    if (node.kind === "scalar" && node.value !== null) return otherwise.read(node, reading);
    reading.log.error(
      node,
      `Expected ${expected}, found ${node.kind === "list" ? "a list" : "nothing"}`,
    );
    return undefined;
  });
}

/** Names what a shape has read: `goto: /` has the arguments `{ url: "/" }`. */
export function named(key: string, inner: Shape): Shape {
  return shape(inner.expected, inner.schema, (node, reading) => {
    const value = inner.read(node, reading);
    return value === undefined ? undefined : { [key]: value };
  });
}
