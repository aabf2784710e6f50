/** The name of a suite, a test or a group. */
import { text } from "../reading/scalar-shapes.ts";
import { refuse, type Shape, shape } from "../reading/shape.ts";

const NAME_LENGTH_MAX = 500;

/** A name that goes into a key, so its length has a bound. */
export const nameText: Shape = shape(
  "a name",
  { type: "string", minLength: 1, maxLength: NAME_LENGTH_MAX },
  (node, reading) => {
    const name = text("a name").read(node, reading);
    if (typeof name !== "string") return name;
    if (name.trim() === "") return refuse(node, "a name", reading);
    return name.length > NAME_LENGTH_MAX
      ? refuse(node, `a name of at most ${NAME_LENGTH_MAX} characters`, reading)
      : name;
  },
);
