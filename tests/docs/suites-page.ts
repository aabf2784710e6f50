/** Takes docs/suites.md apart: its chapters by the names in their headings, its examples, and what is named in code. */

export type Schema = { readonly [key: string]: unknown };

/** What stands under a heading of the third level. */
export type Chapter = { readonly names: readonly string[]; readonly body: string };

export type Example = {
  readonly line: number;
  readonly platform: "web" | "http";
  readonly yaml: string;
};

/** Chapters whose heading names something in code. */
export function chaptersOf(page: string): readonly Chapter[] {
  return page.split(/^(?=#{2,3} )/m).flatMap((part) => {
    const [heading = "", ...rest] = part.split("\n");
    const names = [...heading.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? "");
    return heading.startsWith("### ") && names.length > 0 ? [{ names, body: rest.join("\n") }] : [];
  });
}

/** Blocks of `yaml` (a web test's unless they say `yaml http`). */
export function examplesOf(page: string): readonly Example[] {
  return [...page.matchAll(/^```yaml( http)?\n(.*?)^```$/gms)].map((match) => ({
    line: page.slice(0, match.index).split("\n").length,
    platform: match[1] === undefined ? "web" : "http",
    yaml: match[2] ?? "",
  }));
}

/** The words of all code in a text. */
export function wordsIn(text: string): readonly string[] {
  const code = [...text.matchAll(/```.*?```|`[^`\n]+`/gs)].map(([one]) => one).join("\n");
  return unique(code.match(/[A-Za-z][\w-]*/g) ?? []);
}

/** The names that no code of the text has as a word of its own. */
export function unnamedIn(text: string, names: readonly string[]): readonly string[] {
  const words = new Set(wordsIn(text));
  return names.filter((name) => !words.has(name));
}

/** Every name of a property anywhere in a schema, without what it refers to. */
export function namesIn(schema: unknown): readonly string[] {
  if (Array.isArray(schema)) return unique(schema.flatMap(namesIn));
  if (typeof schema !== "object" || schema === null) return [];
  const own = "properties" in schema ? Object.keys(schema.properties ?? {}) : [];
  const inner = Object.entries(schema).flatMap(([key, value]) =>
    key === "properties" ? Object.values(value).flatMap(namesIn) : namesIn(value),
  );
  return unique([...own, ...inner]);
}

/** The part of a schema at a path. @throws {Error} When there is none. */
export function partOf(schema: Schema, ...path: readonly string[]): Schema {
  const found = path.reduce<unknown>((part, key) => (part as Schema | undefined)?.[key], schema);
  if (typeof found === "object" && found !== null) return found as Schema;
  throw new Error(`The schema has no ${path.join(".")}`);
}

const unique = (names: readonly string[]): readonly string[] => [...new Set(names)];
