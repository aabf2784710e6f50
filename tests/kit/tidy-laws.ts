/** P: the laws of the source tree (README, "Architecture"). Each takes a tree and names what breaks it. */
import { importsOf, packageOf, type SourceTree } from "./source-tree.ts";

const LINES_MAX = 300;

/** Each area and the areas it may import; the first that matches rules. */
const AREAS: ReadonlyArray<readonly [area: RegExp, mayImport: RegExp]> = [
  [/^proto\//, /^proto\//],
  [/^src\/shared\//, /^(proto|src\/shared)\//],
  [/^src\/suite\//, /^(proto|src\/shared|src\/suite)\//],
  [/^src\/gateway\//, /^(proto|src\/shared|src\/suite|src\/gateway)\//],
  [/^src\/node\//, /^(proto|src\/shared|src\/node)\//],
  [/^src\/cli\//, /^(proto|src)\//],
  [/^(tests|bench)\//, /./],
  [/^(scripts|bin|examples)\//, /^(scripts|examples)\//],
];

/** Each library and the only files that may import it. */
const DOORS: Readonly<Record<string, RegExp>> = {
  "@babel/parser": /^src\/suite\/import\/script\//,
  "@logtape/logtape": /^src\/shared\/log\.ts$/,
  "@nats-io/transport-node": /^src\/shared\/nats\//,
  "axe-core": /^src\/node\/drivers\/web\/checks\/run-axe\.ts$/,
  ajv: /^src\/node\/drivers\/http\/schema\/validate\.ts$/,
  commander: /^src\/cli\//,
  "csv-parse": /^src\/suite\//,
  "drizzle-orm": /^src\/(gateway|node)\/store\//,
  "fastest-levenshtein": /^src\/(suite|cli)\//,
  "get-east-asian-width": /^src\/cli\/screen\/display-width\.ts$/,
  hono: /^src\/gateway\/(http|dashboard)\//,
  "json-p3": /^src\/shared\/json-path\.ts$/,
  libsql: /^src\/shared\/sqlite\.ts$/,
  pixelmatch: /^src\/node\/drivers\/web\/checks\/compare-pictures\.ts$/,
  "playwright-core": /^src\/node\/drivers\/web\//,
  pngjs: /^src\/node\/drivers\/web\/checks\/compare-pictures\.ts$/,
  preact: /^src\/gateway\/reports\/page\//,
  "prom-client": /^src\/gateway\//,
  "tough-cookie": /^src\/node\/drivers\//,
  uuidv7: /^src\/shared\/ids\.ts$/,
  yaml: /^src\/suite\//,
  zod: /./,
};

/** Words that name a thing of ours by another word, in names of the code. */
const BANNED =
  /\b[A-Za-z]*(?:Worker|Runner|Job|Task)[A-Za-z]*\b|\b(?:worker|runner|job|task)(?:s|Id|Count|Name)?\b/g;
/** Names of others that hold such a word. */
const FOREIGN = new Set(["Worker", "queueMicrotask", "queueMacrotask"]);

const ENTRIES =
  /^(src\/cli\/main\.ts|bench\/.*|bin\/.*|scripts\/(build|demo|faults|test)\.mjs|scripts\/build\/main\.ts|scripts\/build-report-page\.ts|src\/gateway\/reports\/page\/main\.tsx|examples\/shop\/main\.mjs|tests\/(sim|chaos-run|fuzz|processes)\/main\.ts|tests\/.*\.test\.ts)$/;

const isProduct = (path: string) => /^(src|proto)\//.test(path);

/** Imports that leave an area's allowance: `FILE -> TARGET`. */
export function strayImports(tree: SourceTree): string[] {
  return [...tree].flatMap(([path, text]) => {
    const allowed = AREAS.find(([area]) => area.test(path))?.[1];
    return importsOf(path, text)
      .filter(
        (target) =>
          packageOf(target) === undefined && !/^(node:|bun|\.\.?\/|package\.json)/.test(target),
      )
      .filter((target) => target !== "package.json" && !allowed?.test(target))
      .map((target) => `${path} -> ${target}`);
  });
}

/** Imports of a library by another door than its one: `FILE -> PACKAGE`. Unknown libraries have no door at all. */
export function secondDoors(tree: SourceTree): string[] {
  return [...tree]
    .filter(([path]) => isProduct(path))
    .flatMap(([path, text]) =>
      importsOf(path, text).flatMap((target) => {
        const name = packageOf(target);
        return name === undefined || DOORS[name]?.test(path) ? [] : [`${path} -> ${name}`];
      }),
    );
}

/** Files of more than 300 lines. */
export function longFiles(tree: SourceTree): string[] {
  return [...tree]
    .filter(([, text]) => text.replace(/\n$/, "").split("\n").length > LINES_MAX)
    .map(([path]) => path);
}

/** Files that nobody imports and that nobody starts. */
export function unusedFiles(tree: SourceTree): string[] {
  const used = new Set(
    [...tree].flatMap(([path, text]) => [...importsOf(path, text), ...startedFiles(path, text)]),
  );
  return [...tree.keys()].filter((path) => !ENTRIES.test(path) && !used.has(path));
}

/** Files that a test starts as a process, by their name beside it. */
function startedFiles(path: string, text: string): string[] {
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  return [...text.matchAll(/["']([\w-]+\.ts)["']/g)].map((match) => `${folder}${match[1]}`);
}

/** Names that call one of our things by another word. */
export function bannedWords(tree: SourceTree): string[] {
  return [...tree]
    .filter(([path]) => isProduct(path))
    .flatMap(([path, text]) =>
      [...withoutText(text).matchAll(BANNED)]
        .map(([word]) => word)
        .filter((word) => !FOREIGN.has(word))
        .map((word) => `${path}: ${word}`),
    );
}

/** Code without comments and string literals: those speak of other people's things too. */
function withoutText(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/(^|[^:])\/\/.*$/gm, "$1")
    .replace(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/g, '""');
}

/** Files without a header comment that says what they own; tests say it by their names. */
export function headless(tree: SourceTree): string[] {
  return [...tree]
    .filter(([path, text]) => !path.endsWith(".test.ts") && !/^(#!.*\n)?(\/\*\*|\/\/)/.test(text))
    .map(([path]) => path);
}

/** Names in `code` marks of file headers that no file of the tree has any more: `FILE: NAME`. */
export function lostNames(tree: SourceTree): string[] {
  const everything = [...tree]
    .filter(([path]) => isProduct(path))
    .map(([, text]) => text.replace(/^(#!.*\n)?\/\*\*[\s\S]*?\*\//, ""))
    .join("\n");
  const known = new Set([...everything.matchAll(/[A-Za-z_$][\w$]*/g)].map(([name]) => name));
  return [...tree]
    .filter(([path]) => isProduct(path))
    .flatMap(([path, text]) => {
      const header = /^\/\*\*[\s\S]*?\*\//.exec(text)?.[0] ?? "";
      return [...header.matchAll(/`([A-Za-z][\w$]*)(?:\(\))?`/g)]
        .map((match) => match[1] ?? "")
        .filter((name) => !known.has(name))
        .map((name) => `${path}: ${name}`);
    });
}

/** What only some files may do: the machine's clocks and randomness, the environment, a runtime's own names. */
const RESERVED: ReadonlyArray<readonly [what: string, use: RegExp, by: RegExp]> = [
  ["Date.now", /\bDate\.now\b|\bMath\.random\b/, /^src\/shared\/(clock|ids)\.ts$/],
  ["process.env", /\bprocess\.env\b/, /^src\/shared\/config\.ts$/],
  ["a runtime's name", /\b(Bun|Deno)\./, /^src\/shared\/runtime\//],
];

/** Uses of what is reserved: `FILE: WHAT`. */
export function reservedUses(tree: SourceTree): string[] {
  return [...tree]
    .filter(([path]) => isProduct(path))
    .flatMap(([path, text]) =>
      RESERVED.filter(([, use, by]) => !by.test(path) && use.test(withoutText(text))).map(
        ([what]) => `${path}: ${what}`,
      ),
    );
}

/** `FILE:FUNCTION` marks of the README's ten hops that do not resolve. */
export function lostHops(tree: SourceTree, readme: string): string[] {
  const section = /## The run in ten hops\n([\s\S]*?)\n## /.exec(readme)?.[1] ?? "";
  const marks = [...section.matchAll(/`((?:src|proto)\/[\w./-]+\.ts):([A-Za-z_$][\w$]*)`/g)];
  const hops = section.split("\n").filter((line) => /^\d+\. /.test(line));
  const missing = marks
    .filter(
      ([, path, name]) =>
        !new RegExp(`\\b(?:function|const|class)\\s+${name}\\b|\\b${name}\\s*[:(=]`).test(
          tree.get(path ?? "") ?? "",
        ),
    )
    .map(([, path, name]) => `${path}:${name}`);
  const unmarked = hops.filter((line) => !/`(?:src|proto)\//.test(line));
  return [
    ...missing,
    ...unmarked,
    ...(hops.length === 10 ? [] : [`${hops.length} hops instead of 10`]),
  ];
}
