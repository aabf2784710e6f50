/** Makes the definition of one test out of its source, a row and a combination. Remembers what is the same for all of them. */

import type { Json } from "#proto/matcher.ts";
import {
  Needs,
  type Platform,
  type StepPhase,
  type TestDefinition,
  type TestFile,
  Viewport,
} from "#proto/test.ts";
import { displayTemplate } from "#shared/template.ts";
import { entryOf, type Located } from "../reading/located.ts";
import { testKey } from "../test-key.ts";
import { browserFieldsIn, filesOfBrowser } from "./browser-fields.ts";
import { filesOfTls, tlsFieldIn } from "./connecting.ts";
import type { DataRow } from "./data-rows.ts";
import type { Expansion } from "./expand-tests.ts";
import { type Filling, fillTree, hasStaticNames } from "./fill.ts";
import { isShared } from "./frame-tests.ts";
import type { Combination } from "./matrix.ts";
import { nameText } from "./name-text.ts";
import { nestPlace, usesFlows } from "./plan-flow.ts";
import { scheduleIn } from "./schedule.ts";
import type { FieldPlace, ScheduleBook } from "./schedule-book.ts";
import { planSession, sessionNamed } from "./sessions.ts";
import { shownValue } from "./shown-value.ts";
import { planStep, type StepPlan } from "./step.ts";
import type { TestSource } from "./suite.ts";
import { TEST_FIELDS } from "./test-fields.ts";
import { httpFieldsIn, webFieldsIn } from "./web-fields.ts";

const TIMEOUT_MS = 60_000;
const STEP_TIMEOUT_MS = 10_000;
const DESKTOP: Viewport = { width: 1280, height: 720, touch: false };

type Fields = {
  /** The normal form of a field; undefined when nobody set it, it was refused, or it waits for the environment. */
  readonly read: (name: string) => Json | undefined;
  readonly tags: readonly string[];
  /** Where a field was set, filled in. */
  readonly placeOf: (name: string) => FieldPlace | undefined;
};

export class TestMaker {
  readonly #expansion: Expansion;
  readonly #book: ScheduleBook;
  readonly #fieldMemo = new Map<Located, Json | undefined>();
  readonly #stepMemo = new Map<string, Map<Located, StepPlan | undefined>>();

  constructor(expansion: Expansion, book: ScheduleBook) {
    this.#expansion = expansion;
    this.#book = book;
  }

  make(source: TestSource, row: DataRow | undefined, combination: Combination): TestDefinition {
    const { suite, inputs, base } = this.#expansion;
    const filling = this.#expansion.fillingFor({
      ...base,
      data: row?.values ?? {},
      matrix: combination.values,
    });
    const fields = this.#fieldsOf(source, combination, filling);
    const name = this.#nameOf(source, combination, filling);
    const plans = this.#planSteps(source, fields, filling);
    const baseUrl = fields.read("baseUrl");
    const skip = fields.read("skip");
    const platform = platformIn(fields.read("platform")) ?? "web";
    const browser = platform === "web" ? browserFieldsIn(fields.read) : {};
    const tls = tlsFieldIn(fields.read);
    const test: TestDefinition = {
      key: testKey(suite.name, name, shownValues({ ...combination.values, ...row?.values })),
      name,
      suite: suite.name,
      file: suite.file,
      line: source.node.line,
      tags: [...fields.tags],
      platform,
      timeoutMs: inputs.testTimeoutMs ?? numberIn(fields.read("timeout")) ?? TIMEOUT_MS,
      stepTimeoutMs: numberIn(fields.read("stepTimeout")) ?? STEP_TIMEOUT_MS,
      retries: inputs.retries ?? numberIn(fields.read("retries")) ?? 0,
      ...(typeof baseUrl === "string" ? { baseUrl } : {}),
      viewport: viewportIn(fields.read("viewport")),
      ...(platform === "web" ? webFieldsIn(fields.read) : httpFieldsIn(fields.read)),
      ...browser,
      ...tls,
      needs: needsIn(fields.read("needs")),
      ...scheduleIn(fields.read, {
        suite,
        role: source.frame?.role,
        // What all tests wait for does not wait for itself.
        exempt: fields.placeOf("after")?.isShared === true ? name : undefined,
      }),
      ...(typeof skip === "string" ? { skip: displayTemplate(skip) } : {}),
      steps: plans.map((plan) => plan.step),
      files: filesOf([
        ...plans.flatMap((plan) => plan.files),
        ...filesOfBrowser(browser.browser, this.#expansion.reading),
        ...filesOfTls(tls.tls, this.#expansion.reading),
      ]),
      secrets: [...new Set(suite.secrets.map((secret) => secret.name))],
    };
    // Nobody waits for one of these by its name: all tests of the suite do, or it for them.
    if (source.frame === undefined) this.#book.note(test, fields.placeOf);
    return test;
  }

  /** A name that a matrix sets wins over the test's own, like any field. */
  #nameOf(source: TestSource, combination: Combination, filling: Filling): string {
    const node = combination.nodes.get("name") ?? entryOf(source.node, "name")?.value;
    if (node === undefined) return source.name || "?";
    const name = nameText.read(fillTree(node, filling), this.#expansion.reading);
    return typeof name === "string" ? displayTemplate(name) : "?";
  }

  #fieldsOf(source: TestSource, combination: Combination, filling: Filling): Fields {
    const { defaults } = this.#expansion.suite;
    const shared = (name: string): Located | undefined => {
      const node = defaults === undefined ? undefined : entryOf(defaults, name)?.value;
      return source.frame === undefined || isShared(name, node) ? node : undefined;
    };
    const own = (name: string): Located | undefined =>
      combination.nodes.get(name) ?? entryOf(source.node, name)?.value;
    const read = (name: string): Json | undefined =>
      (name === "platform" ? source.frame?.platform : undefined) ??
      this.#readField(name, own(name) ?? shared(name), filling);
    const placeOf = (name: string): FieldPlace | undefined => {
      const node = own(name) ?? shared(name);
      return node && { node: fillTree(node, filling), isShared: own(name) === undefined };
    };
    const tags = [
      ...textsIn(this.#readField("tags", shared("tags"), filling)),
      ...textsIn(this.#readField("tags", own("tags"), filling)),
    ];
    return { read, tags: [...new Set(tags)], placeOf };
  }

  #readField(name: string, node: Located | undefined, filling: Filling): Json | undefined {
    if (node === undefined) return undefined;
    const isSame = !hasStaticNames(node);
    if (isSame && this.#fieldMemo.has(node)) return this.#fieldMemo.get(node);
    const value = TEST_FIELDS.get(name)?.read(fillTree(node, filling), this.#expansion.reading);
    if (isSame) this.#fieldMemo.set(node, value);
    return value;
  }

  /** Without a platform, which may wait for the environment, nobody can say which steps there are. */
  #planSteps(source: TestSource, fields: Fields, filling: Filling): readonly StepPlan[] {
    const platform = platformIn(fields.read("platform"));
    if (platform === undefined) return [];
    const { before, after } = this.#expansion.suite;
    const plan = (steps: readonly Located[], phase: StepPhase): StepPlan[] =>
      steps
        .map((step) => this.#planStep(step, { platform, phase }, filling))
        .filter((one): one is StepPlan => one !== undefined);
    if (source.frame !== undefined) return holdLastFilm(plan(source.steps, "main"));
    return [
      ...this.#planSession(fields, (steps) => plan(steps, "before")),
      ...plan(before.steps[platform], "before"),
      ...holdLastFilm(plan(source.steps, "main")),
      ...plan(after.steps[platform], "after"),
    ];
  }

  /** None for tests without a browser, to which the field is refused unless it comes from the defaults. */
  #planSession(
    { read, placeOf }: Fields,
    plan: (steps: readonly Located[]) => readonly StepPlan[],
  ): readonly StepPlan[] {
    const name = read("session");
    const place = placeOf("session");
    if (typeof name !== "string" || place === undefined || platformIn(read("platform")) !== "web")
      return [];
    const { suite, reading } = this.#expansion;
    if (hasStaticNames(place.node)) return [];
    const session = sessionNamed(name, suite.sessions, { log: reading.log, at: place.node });
    return session === undefined ? [] : [planSession(session, plan)];
  }

  #planStep(
    step: Located,
    place: { platform: Platform; phase: StepPhase },
    filling: Filling,
  ): StepPlan | undefined {
    const { reading, suite, nestedRoom } = this.#expansion;
    const nest = nestPlace(suite.flows, filling, [nestedRoom]);
    const there = { ...place, nest };
    if (hasStaticNames(step)) return planStep(fillTree(step, filling), there, reading);
    if (usesFlows(step)) return planStep(step, there, reading);
    const memoKey = `${place.platform} ${place.phase}`;
    const memo = this.#stepMemo.get(memoKey) ?? new Map<Located, StepPlan | undefined>();
    this.#stepMemo.set(memoKey, memo);
    if (!memo.has(step)) memo.set(step, planStep(step, there, reading));
    return memo.get(step);
  }
}

/** A film for a span that is the last main step is waited for there, unless its step says otherwise. */
function holdLastFilm(plans: readonly StepPlan[]): readonly StepPlan[] {
  const last = plans.at(-1);
  if (last === undefined || last.step.kind !== "record") return plans;
  const { args } = last.step;
  if (args["forMs"] === undefined || args["hold"] !== undefined) return plans;
  const held = { ...last, step: { ...last.step, args: { ...args, hold: true } } };
  return [...plans.slice(0, -1), held];
}

function shownValues(values: { readonly [name: string]: Json }): { readonly [name: string]: Json } {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [displayTemplate(name), shownValue(value)]),
  );
}

/** `web` unless something else is said; undefined when what is said waits for the environment. */
function platformIn(value: Json | undefined): Platform | undefined {
  return value === undefined || value === "web" || value === "http" ? (value ?? "web") : undefined;
}

const numberIn = (value: Json | undefined): number | undefined =>
  typeof value === "number" ? value : undefined;

function textsIn(value: Json | undefined): readonly string[] {
  return Array.isArray(value)
    ? value.filter((one): one is string => typeof one === "string").map(displayTemplate)
    : [];
}

function viewportIn(value: Json | undefined): Viewport {
  const parsed = Viewport.safeParse(value);
  return parsed.success ? parsed.data : DESKTOP;
}

function needsIn(value: Json | undefined): Needs {
  const parsed = Needs.safeParse(shownValue(value ?? {}));
  return parsed.success ? parsed.data : { labels: [] };
}

function filesOf(used: readonly TestFile[]): TestFile[] {
  return [...new Map(used.map((file) => [file.path, file])).values()];
}
