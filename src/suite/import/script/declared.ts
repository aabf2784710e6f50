/** The tests, hooks and options that a script declares, in their groups, before any of them is translated. */
import type { Json } from "#proto/matcher.ts";
import { spanText } from "../../convert/span-text.ts";
import type { Entries } from "../imported.ts";
import { Untranslated } from "../untranslated.ts";
import type { Written } from "./syntax.ts";
import { useFields } from "./use-options.ts";
import { entriesIn, jsonIn, NOTHING, textIn, type Value } from "./values.ts";
import type { ApiCall, Walk } from "./walk.ts";

export type FunctionValue = Extract<Value, { kind: "function" }>;
type HookName = "beforeEach" | "afterEach" | "beforeAll" | "afterAll";
export type Hook = { readonly body: FunctionValue; readonly at: Written };

/** A `describe`, or the file itself. */
export type Group = {
  readonly title: string;
  readonly outer: Group | undefined;
  readonly fields: { [key: string]: Json };
  readonly hooks: Readonly<Record<HookName, Hook[]>>;
  testIdAttribute: string | undefined;
  isSerial: boolean;
};

export type DeclaredTest = {
  readonly title: string;
  readonly group: Group;
  readonly fields: Entries;
  readonly body: FunctionValue | undefined;
  readonly at: Written;
};

/** More tests than a suite takes are not looked at. */
const TESTS_MAX = 10_000;
const HOOKS: readonly string[] = ["beforeEach", "afterEach", "beforeAll", "afterAll"];
/** Playwright's own default bound of a test, for `test.slow()`. */
const TEST_TIMEOUT_MS = 30_000;

export function makeGroup(title: string, outer: Group | undefined): Group {
  return {
    title,
    outer,
    fields: {},
    hooks: { beforeEach: [], afterEach: [], beforeAll: [], afterAll: [] },
    testIdAttribute: undefined,
    isSerial: false,
  };
}

/** Takes what is declared while the file's own statements are walked through. */
export class Declarations {
  readonly root = makeGroup("", undefined);
  readonly tests: DeclaredTest[] = [];
  #group = this.root;

  /** Whether the call declares something; what it is then is kept. @throws {Untranslated} */
  take(walk: Walk, { name, args, at }: ApiCall): boolean {
    const [, first = "", second = ""] = name.split(".");
    if (first === "describe") return this.#describe(walk, { mark: second, args, at });
    if (HOOKS.includes(first)) return this.#hook(first as HookName, args, at);
    if (first === "use") return this.#use(walk, args[0], at);
    if (first === "setTimeout") return this.#setTimeout(args);
    if (["", "only", "skip", "fixme"].includes(first)) return this.#test({ mark: first, args, at });
    return false;
  }

  #describe(walk: Walk, call: { mark: string; args: readonly Value[]; at: Written }): boolean {
    const { mark, args, at } = call;
    if (mark === "configure") return this.#configure(walk, args[0], at);
    const body = args.find((arg) => arg.kind === "function");
    if (body?.kind !== "function") throw new Untranslated("a group without tests in it");
    const named = args[0]?.kind === "data" ? textIn(args[0], "the title") : "";
    const outer = this.#group;
    this.#group = makeGroup(outer.title === "" ? named : `${outer.title} › ${named}`, outer);
    if (mark === "serial") this.#group.isSerial = true;
    if (mark === "skip" || mark === "fixme") this.#group.fields["skip"] = SKIPPED;
    try {
      walk.callFunction(body, []);
    } finally {
      this.#group = outer;
    }
    return true;
  }

  #configure(walk: Walk, options: Value | undefined, at: Written): boolean {
    for (const [key, value] of entriesIn(options)) {
      const said = jsonIn(value, key);
      if (key === "mode" && said === "serial") this.#group.isSerial = true;
      else if (key === "retries") this.#group.fields["retries"] = said;
      else if (key === "timeout") Object.assign(this.#group.fields, timeoutField(said));
      else if (key !== "mode")
        walk.recorder.missing({ ...at, text: `${key} of ${at.text}` }, "tests have no such field");
    }
    return true;
  }

  #hook(name: HookName, args: readonly Value[], at: Written): boolean {
    const body = args.find((arg) => arg.kind === "function");
    if (body?.kind !== "function") throw new Untranslated("a hook without a function");
    this.#group.hooks[name].push({ body, at });
    return true;
  }

  #use(walk: Walk, options: Value | undefined, at: Written): boolean {
    Object.assign(this.#group.fields, useFields(walk, options, at));
    const attribute = entriesIn(options).get("testIdAttribute");
    if (attribute !== undefined)
      this.#group.testIdAttribute = textIn(attribute, "the attribute of test ids");
    return true;
  }

  #setTimeout(args: readonly Value[]): boolean {
    Object.assign(this.#group.fields, timeoutField(jsonIn(args[0] ?? NOTHING, "the time")));
    return true;
  }

  #test({ mark, args, at }: { mark: string; args: readonly Value[]; at: Written }): boolean {
    const body = args.findLast((arg) => arg.kind === "function");
    // `test.skip(condition)` says something about the tests around it.
    if (args[0]?.kind !== "data" || typeof args[0].value !== "string")
      throw new Untranslated("it skips on a condition");
    if (this.tests.length >= TESTS_MAX)
      throw new Untranslated(`the file has more than ${TESTS_MAX} tests`);
    const title = textIn(args[0], "the title");
    this.tests.push({
      title: this.#group.title === "" ? title : `${this.#group.title} › ${title}`,
      group: this.#group,
      fields: {
        ...tagsIn(title, args[1]),
        ...(mark === "skip" || mark === "fixme" ? { skip: SKIPPED } : {}),
      },
      body: body?.kind === "function" ? body : undefined,
      at,
    });
    return true;
  }
}

const SKIPPED = "skipped in the script it was imported from";

/** `timeout: 90s` of 90000. */
function timeoutField(ms: Json): Entries {
  return typeof ms === "number" && ms > 0 ? { timeout: spanText(ms) } : {};
}

/** What a test says of itself while it runs: its bound. */
export function timeoutInBody({ name, args }: ApiCall): Entries | undefined {
  if (name === "test.slow" && args.length === 0) return { timeout: spanText(3 * TEST_TIMEOUT_MS) };
  if (name === "test.setTimeout") return timeoutField(jsonIn(args[0] ?? NOTHING, "the time"));
  return undefined;
}

function tagsIn(title: string, details: Value | undefined): Entries {
  const tag = entriesIn(details).get("tag");
  const given = tag?.kind === "list" ? tag.items : tag === undefined ? [] : [tag];
  const inTitle = title.match(/(?<=^|\s)@[\w-]+/g) ?? [];
  const tags = [...inTitle, ...given.map((one) => textIn(one, "the tag"))];
  const plain = [...new Set(tags.map((one) => one.replace(/^@/, "")))];
  return plain.length === 0 ? {} : { tags: plain };
}
