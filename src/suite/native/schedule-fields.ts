/** The fields of a test that say when and beside what it may run. What they mean together: schedule.ts. */
import type { Json } from "#proto/matcher.ts";
import { mapping } from "../reading/group-shapes.ts";
import type { Located } from "../reading/located.ts";
import { text, wholeNumber, word } from "../reading/scalar-shapes.ts";
import { orTemplate, type Reading, refuse, type Shape, shape } from "../reading/shape.ts";
import { mappingOr } from "../reading/two-shapes.ts";
import { nameText } from "./name-text.ts";

const PRIORITY_MAX = 1_000;
const LOCKS_MAX = 20;
const LOCK_NAME_LENGTH_MAX = 200;
const HOLDERS_MAX = 10_000;
const PREDECESSORS_MAX = 100;

const lockName: Shape = shape(
  "the name of a lock",
  { type: "string", minLength: 1, maxLength: LOCK_NAME_LENGTH_MAX },
  (node, reading) => {
    const found = text("the name of a lock").read(node, reading);
    return typeof found === "string" && found.length > LOCK_NAME_LENGTH_MAX
      ? refuse(node, `the name of a lock of at most ${LOCK_NAME_LENGTH_MAX} characters`, reading)
      : found;
  },
);
const semaphore = mapping({
  what: "a lock such as { name: sandbox, limit: 3 }",
  fields: {
    name: lockName,
    limit: wholeNumber(`a whole number from 1 to ${HOLDERS_MAX}`, { min: 1, max: HOLDERS_MAX }),
  },
  required: ["name"],
  build: (values) => ({ limit: 1, ...values }),
});
const alone: Shape = shape(lockName.expected, lockName.schema, (node, reading) => {
  const name = lockName.read(node, reading);
  return name === undefined ? undefined : { name, limit: 1 };
});

type OneOrMany = { readonly item: Shape; readonly expected: string; readonly countMax: number };

/** One of a shape, or a list of them; the normal form is a list. */
function oneOrMany({ item, expected, countMax }: OneOrMany): Shape {
  const list = { type: "array", items: item.schema, maxItems: countMax };
  const schema = orTemplate({ anyOf: [item.schema, list] });
  return shape(expected, schema, (node, reading) => {
    if (node.kind !== "list") {
      const only = isEmpty(node) ? refuse(node, expected, reading) : item.read(node, reading);
      return only === undefined ? undefined : [only];
    }
    if (node.items.length > countMax)
      return refuse(node, `${expected}, at most ${countMax} of them`, reading);
    const read = node.items.map((one) => item.read(one, reading));
    return read.filter((one): one is Json => one !== undefined);
  });
}

const isEmpty = (node: Located): boolean => node.kind === "scalar" && node.value === null;

const listedLocks = oneOrMany({
  item: mappingOr(semaphore, alone),
  expected: "the names of locks such as [db, { name: sandbox, limit: 3 }]",
  countMax: LOCKS_MAX,
});

const locks: Shape = shape(listedLocks.expected, listedLocks.schema, (node, reading) => {
  const read = listedLocks.read(node, reading);
  if (node.kind === "list") tellRepeats(node.items, reading);
  return read;
});

/** A test holds a lock once. */
function tellRepeats(items: readonly Located[], reading: Reading): void {
  const names = new Set<Json>();
  for (const item of items) {
    const name = lockNameIn(item);
    if (name === undefined) continue;
    if (names.has(name))
      reading.log.error(item, `Expected each lock once, found ${JSON.stringify(name)} again`);
    names.add(name);
  }
}

function lockNameIn(item: Located): Json | undefined {
  const value = item.kind === "scalar" ? item.value : undefined;
  if (item.kind !== "mapping") return value === null ? undefined : value;
  const name = item.entries.find((entry) => entry.key === "name")?.value;
  return name?.kind === "scalar" && name.value !== null ? name.value : undefined;
}

/** Fields of a test, also of `defaults`. */
export const SCHEDULE_FIELDS: ReadonlyMap<string, Shape> = new Map([
  [
    "priority",
    wholeNumber(`a whole number from -${PRIORITY_MAX} to ${PRIORITY_MAX}`, {
      min: -PRIORITY_MAX,
      max: PRIORITY_MAX,
    }),
  ],
  ["group", nameText],
  ["locks", locks],
  [
    "after",
    oneOrMany({
      item: nameText,
      expected: "the name of a test of this suite, or a list of names",
      countMax: PREDECESSORS_MAX,
    }),
  ],
  ["each", word(["node"])],
]);
