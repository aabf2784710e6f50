/** Numbers from 0 to a bound. */
import { number } from "../reading/scalar-shapes.ts";
import { orTemplate, refuse, type Shape, shape } from "../reading/shape.ts";

/** A number from 0 to `max`; `expected` says so to people. */
export function boundedNumber(expected: string, max: number): Shape {
  const schema = orTemplate({ type: "number", minimum: 0, maximum: max });
  return shape(expected, schema, (node, reading) => {
    const found = number.read(node, reading);
    if (typeof found !== "number") return found;
    return found >= 0 && found <= max ? found : refuse(node, expected, reading);
  });
}
