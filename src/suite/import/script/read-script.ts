/**
 * Imports a script of Playwright: files of `@playwright/test`, and scripts that launch a browser themselves.
 * The file's own statements are walked through once, which declares its tests; then each test is walked through.
 */
import type { Json } from "#proto/matcher.ts";
import { isJsonMapping } from "#shared/json-kind.ts";
import { baseNameOf, type SuiteSource } from "../../source.ts";
import { suitePath } from "../../suite-path.ts";
import type { Entries, Imported, ImportedTest, Item } from "../imported.ts";
import { ImportBook, Recorder } from "../recorder.ts";
import { SecretBook } from "../secret-book.ts";
import { Untranslated } from "../untranslated.ts";
import {
  Declarations,
  type DeclaredTest,
  type Group,
  type Hook,
  timeoutInBody,
} from "./declared.ts";
import type { Statement } from "./syntax.ts";
import { Tabs } from "./tabs.ts";
import { callFunction, walkStatements } from "./translate.ts";
import { FIRST_TAB, Scope, type Value } from "./values.ts";
import type { Declare, Walk } from "./walk.ts";

/** What the hooks and tests of a script are given. */
const FIXTURES: Value = {
  kind: "mapping",
  entries: new Map<string, Value>([
    ["page", { kind: "page", tab: FIRST_TAB }],
    ["context", { kind: "context" }],
    ["browser", { kind: "browser" }],
    ["request", { kind: "part", name: "request", tab: FIRST_TAB }],
  ]),
};

/** Reads a script that was parsed. */
export function readScript(source: SuiteSource, statements: readonly Statement[]): Imported {
  const book = new ImportBook(new SecretBook());
  const declared = new Declarations();
  const root = newWalk(book, (walk) => (call) => declared.take(walk, call));
  walkStatements(root, statements, new Scope());
  const name = baseNameOf(source.file).replace(/\.(spec|test)$/, "");
  const { tests, before, after } =
    declared.tests.length === 0
      ? { tests: ownTest(name, root), before: [], after: [] }
      : readTests(book, declared);
  const isSerial =
    declared.root.isSerial ||
    [...new Set(declared.tests.map(({ group }) => group))].some(({ isSerial }) => isSerial);
  const fields = withBaseUrl(declared.root.fields, [
    ...before,
    ...tests.flatMap(({ items }) => items),
  ]);
  if (fields.isAsked) book.tellAdvice({ line: 1, column: 1, text: BASE_URL_ADVICE });
  return {
    name,
    secrets: book.secrets.names,
    fields: fields.fields,
    ...(isSerial ? { isSerial } : {}),
    before,
    after,
    tests,
    missing: book.missing,
    advice: book.advice,
    hidden: book.secrets.hidden,
  };
}

function newWalk(
  book: ImportBook,
  makeDeclare: (walk: Walk) => Declare,
  testIdAttribute = "data-testid",
): Walk {
  const walk: Walk = {
    recorder: new Recorder(book),
    testIdAttribute,
    tabs: new Tabs(),
    depth: 0,
    fields: {},
    filled: new Set(),
    declare: (call) => makeDeclare(walk)(call),
    noteFile: (path, at) => {
      const place = suitePath(path);
      if (place.kind === "refused")
        throw new Untranslated(`the file ${path} cannot travel with a suite: ${place.reason}`);
      book.tellAdvice({ ...at, text: `put the file ${place.path} beside the suite` });
    },
    callFunction: (called, args) => callFunction(walk, called, args),
    dialog: undefined,
    dialogMessage: undefined,
  };
  return walk;
}

/** A script that declares no test is one itself. */
function ownTest(name: string, { recorder, fields }: Walk): readonly ImportedTest[] {
  return recorder.items.length === 0 ? [] : [{ name, fields, items: recorder.items }];
}

type ReadTests = Pick<Imported, "tests" | "before" | "after">;

function readTests(book: ImportBook, declared: Declarations): ReadTests {
  const { root } = declared;
  const titles = new Map<string, number>();
  tellRunHooks(book, declared);
  const before = translate(book, root, root.hooks.beforeEach);
  const after = translate(book, root, root.hooks.afterEach);
  const tests = declared.tests.map((test) => {
    const count = (titles.get(test.title) ?? 0) + 1;
    titles.set(test.title, count);
    return readTest(book, test, count === 1 ? test.title : `${test.title} (${count})`);
  });
  return { before, after, tests };
}

function readTest(book: ImportBook, test: DeclaredTest, name: string): ImportedTest {
  const groups = groupsOf(test.group);
  const walk = bodyWalk(book, test.group);
  const inner = groups.filter((group) => group.outer !== undefined);
  for (const group of inner) for (const hook of group.hooks.beforeEach) play(walk, hook);
  if (test.body !== undefined) play(walk, { body: test.body, at: test.at });
  const after = inner.toReversed().flatMap((group) => group.hooks.afterEach);
  if (after.length > 0) playAfter(book, walk, after);
  const fields: Entries = Object.assign(
    {},
    ...inner.map((group) => group.fields),
    test.fields,
    walk.fields,
  );
  return { name, fields, items: walk.recorder.items };
}

/** Hooks of a group run after a failure, too. */
function playAfter(book: ImportBook, walk: Walk, hooks: readonly Hook[]): void {
  const main = walk.recorder.items.splice(0);
  for (const hook of hooks) play(walk, hook);
  const last = walk.recorder.items.splice(0);
  const steps = (items: readonly Item[]): readonly Entries[] =>
    items.flatMap((item) => (item.kind === "step" ? [item.entries] : []));
  for (const item of [...main, ...last]) if (item.kind === "remark") walk.recorder.items.push(item);
  const recorder = new Recorder(book);
  recorder.step({ try: steps(main), finally: steps(last) });
  walk.recorder.items.push(...recorder.items);
}

/** From the file to the innermost. */
function groupsOf(group: Group): readonly Group[] {
  return group.outer === undefined ? [group] : [...groupsOf(group.outer), group];
}

function bodyWalk(book: ImportBook, group: Group): Walk {
  const attribute = groupsOf(group).findLast(
    ({ testIdAttribute }) => testIdAttribute !== undefined,
  );
  return newWalk(
    book,
    (walk) => (call) => {
      const timeout = timeoutInBody(call);
      if (timeout !== undefined) Object.assign(walk.fields, timeout);
      return timeout !== undefined;
    },
    attribute?.testIdAttribute,
  );
}

function play(walk: Walk, { body, at }: Hook): void {
  try {
    walk.callFunction(body, [FIXTURES]);
  } catch (thrown) {
    if (!(thrown instanceof Untranslated)) throw thrown;
    walk.recorder.missing(at, thrown.message);
  }
}

function translate(book: ImportBook, group: Group, hooks: readonly Hook[]): readonly Item[] {
  const walk = bodyWalk(book, group);
  for (const hook of hooks) play(walk, hook);
  return walk.recorder.items;
}

function tellRunHooks(book: ImportBook, declared: Declarations): void {
  const groups = new Set([
    declared.root,
    ...declared.tests.flatMap(({ group }) => groupsOf(group)),
  ]);
  for (const { hooks } of groups)
    for (const name of ["beforeAll", "afterAll"] as const)
      for (const { at } of hooks[name])
        book.tellMissing({
          line: at.line,
          column: at.column,
          what: `test.${name}`,
          why: "its page is not the page of the tests: write what it prepares as steps",
        });
}

const BASE_URL_ADVICE =
  "it goes to paths, whose origin stands in a configuration: set BASE_URL in the environment of the run";

function withBaseUrl(
  fields: Entries,
  items: readonly Item[],
): { fields: Entries; isAsked: boolean } {
  const isAsked = fields["baseUrl"] === undefined && items.some(goesToPath);
  return { fields: isAsked ? { baseUrl: "${env.BASE_URL}", ...fields } : fields, isAsked };
}

function goesToPath(item: Item): boolean {
  if (item.kind === "remark") return false;
  const { goto } = item.entries;
  return isPath(isJsonMapping(goto ?? null) ? (goto as Entries)["url"] : goto);
}

const isPath = (url: Json | undefined): boolean =>
  typeof url === "string" && !/^([a-z][a-z0-9+.-]*:|\$\{)/i.test(url);
