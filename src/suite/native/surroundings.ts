/** The steps that change what a page finds around it: place, permissions, network, looks, size, storage. */
import type { Json } from "#proto/matcher.ts";
import { listOf, mapOf, mapping } from "../reading/group-shapes.ts";
import { anyJson, justTrue, text, wholeNumber, word } from "../reading/scalar-shapes.ts";
import { refuse, type Shape, shape } from "../reading/shape.ts";
import { mappingOr, named } from "../reading/two-shapes.ts";
import { LOOKS, permissions as permissionList } from "./browser-fields.ts";
import { network, origin } from "./network-values.ts";
import { geolocation as place } from "./place-values.ts";

const PIXELS_MAX = 10_000;
const looks = [...LOOKS.keys(), "media"];

const geolocation = named("to", mappingOr(place, word(["off"])));

const granted = mapping({
  what: "permissions such as { grant: [geolocation], origin: https://shop.example.org }",
  fields: {
    clear: justTrue,
    grant: permissionList,
    origin,
  },
  someOf: ["clear", "grant"],
});
const PERMISSIONS_TEXT = `${permissionList.expected}, clear, or ${granted.expected}`;
const permissions: Shape = shape(
  PERMISSIONS_TEXT,
  { anyOf: [permissionList.schema, { const: "clear" }, granted.schema] },
  (node, reading): Json | undefined => {
    if (node.kind === "mapping") return granted.read(node, reading);
    if (node.kind === "list") return named("grant", permissionList).read(node, reading);
    return node.value === "clear" ? { clear: true } : refuse(node, PERMISSIONS_TEXT, reading);
  },
);

const emulate = mapping({
  what: "an emulate such as { colorScheme: dark }",
  fields: { ...Object.fromEntries(LOOKS), media: word(["screen", "print"]) },
  someOf: looks,
});

const side = wholeNumber(`a number of pixels from 1 to ${PIXELS_MAX}`, { min: 1, max: PIXELS_MAX });
const viewport = mapping({
  what: "a viewport such as { width: 800, height: 600 }",
  fields: { width: side, height: side },
  required: ["width", "height"],
});

const key = text("a key");
const area = mapping({
  what: "an area such as { set: { theme: dark }, remove: [cart], clear: true }",
  fields: {
    clear: justTrue,
    remove: listOf(key, { expected: "a list of keys" }),
    set: mapOf(anyJson, { expected: "a mapping of keys to values" }),
  },
  someOf: ["clear", "remove", "set"],
});
const storage = mapping({
  what: "a storage such as { local: { set: { theme: dark } } }",
  fields: { local: area, session: area, save: text("a key to save under") },
  someOf: ["local", "session", "save"],
});

/** The verbs and what stands behind them. */
export const SURROUNDINGS = {
  geolocation,
  permissions,
  network: named("to", network(["offline", "online"])),
  emulate,
  viewport,
  storage,
};
