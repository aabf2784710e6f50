/** Where a locator of a script looks for its elements. */
import type { Json } from "#proto/matcher.ts";
import type { Entries } from "../imported.ts";

/** Where it is looked: nowhere in particular, within an element, or in a frame. */
export type Ground =
  | { readonly kind: "page" }
  | { readonly kind: "within"; readonly words: Entries }
  | { readonly kind: "frame"; readonly words: Entries };

/** Puts words where they are looked for. A frame is said once, outside. */
export function on(ground: Ground, words: Entries): Entries {
  switch (ground.kind) {
    case "page":
      return words;
    case "frame":
      return putInto(words, { frame: ground.words });
    default: {
      const { frame, ...within } = ground.words;
      const placed = putInto(words, { within });
      return frame === undefined ? placed : { ...placed, frame };
    }
  }
}

/** The outermost of a chain is what lies within the new place. */
function putInto(words: Entries, place: Entries): Entries {
  const within = words["within"];
  if (isEntries(within)) return { ...words, within: putInto(within, place) };
  return { ...words, ...place };
}

const isEntries = (value: Json | undefined): value is Entries =>
  typeof value === "object" && value !== null && !Array.isArray(value);
