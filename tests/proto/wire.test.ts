/** The wire held to its golden files: a renamed, removed, tightened or newly required key, or another default, is seen here. */
import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { FIXTURES, MESSAGES, type Message, readGolden } from "./messages.ts";
import { schemaOf } from "./write-schemas.ts";

const named = Object.entries(MESSAGES);

describe.each(named)("%s", (name, message) => {
  test.each(message.fixtures)("%s reads as exactly itself", (fixture) => {
    const golden = readGolden(fixture);
    expect(message.schema.parse(golden)).toStrictEqual(golden);
  });

  test.each(message.defaults ?? [])("%s: what was left out reads as its default", (fixture) => {
    const golden = readGolden(fixture) as { said: unknown; read: unknown };
    expect(message.schema.parse(golden.said)).toStrictEqual(golden.read);
  });

  test("its JSON Schema is the golden one", () => {
    const golden = readGolden("schemas") as Record<string, unknown>;
    // Through JSON, as the file was: absent and undefined are one there.
    expect(JSON.parse(JSON.stringify(schemaOf(message.schema)))).toEqual(golden[name]);
  });
});

test.each(named.filter(([, message]) => message.isStrict !== true))(
  "%s drops keys that it does not know, at any depth",
  (_, message) => {
    for (const fixture of message.fixtures) {
      const golden = readGolden(fixture);
      const grown = withStrangers(golden, message);
      expect(grown).not.toEqual(golden);
      expect(message.schema.parse(grown)).toStrictEqual(golden);
    }
  },
);

test.each(named.filter(([, message]) => message.isStrict === true))(
  "%s refuses a key that it does not know",
  (_, message) => {
    for (const fixture of message.fixtures) {
      const golden = readGolden(fixture);
      const grown = Array.isArray(golden)
        ? golden.map((one: object) => ({ ...one, stranger: 1 }))
        : { ...(golden as object), stranger: 1 };
      expect(message.schema.safeParse(grown).success).toBe(false);
    }
  },
);

test("every fixture is of a message, and every message has fixtures", () => {
  const files = readdirSync(FIXTURES).map((file) => file.replace(/\.json$/, ""));
  const known = named.flatMap(([, { fixtures, defaults = [] }]) => [...fixtures, ...defaults]);
  expect(new Set(files)).toEqual(new Set([...known, "schemas"]));
  expect(files).toHaveLength(known.length + 1);
});

/** Adds a key to the message and to each object in it that its schema reads key by key. */
function withStrangers(value: unknown, { schema }: Message): unknown {
  const golden = JSON.stringify(value);
  const grow = (current: unknown, place: (grown: unknown) => unknown): unknown => {
    if (typeof current !== "object" || current === null) return current;
    const placeIn = (key: string) => (grown: unknown) =>
      place(
        Array.isArray(current) ? current.with(Number(key), grown) : { ...current, [key]: grown },
      );
    const children = Object.entries(current).map(([key, one]) => [key, grow(one, placeIn(key))]);
    if (Array.isArray(current)) return children.map(([, one]) => one);
    const read = schema.safeParse(place({ ...current, stranger: "1" }));
    if (!read.success) throw read.error;
    // Records (secrets, arguments of steps, events kept unread) keep every key: they are content, not form.
    const isForm = JSON.stringify(read.data) === golden;
    return { ...Object.fromEntries(children), ...(isForm ? { stranger: "1" } : {}) };
  };
  return grow(value, (grown) => grown);
}
