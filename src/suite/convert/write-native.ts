/** Writes tests of an original suite as a native suite in YAML. Comments say what was left out. */
import { Document, isMap, isSeq, type Node, type YAMLMap, type YAMLSeq } from "yaml";
import type { Json } from "#proto/matcher.ts";
import type { PlannedStep, TestDefinition } from "#proto/test.ts";
import { escapeTemplate } from "#shared/template.ts";
import type { OriginalSettings } from "../original/settings.ts";
import { type NativeStep, nativeSteps } from "./native-steps.ts";
import { spanText } from "./span-text.ts";
import { commentLine, flowInside } from "./yaml-style.ts";

export type NativeInput = {
  readonly name: string;
  readonly settings: OriginalSettings;
  readonly tests: readonly TestDefinition[];
  /** Lines of the comment at the head. */
  readonly head: readonly string[];
};

type Entries = { readonly [key: string]: Json };

/** Writes the file; equal input gives equal text. */
export function writeNative({ name, settings, tests, head }: NativeInput): string {
  const steps = tests.map((test) => (test.skip === undefined ? nativeSteps(test) : []));
  const document = new Document({
    name: escapeTemplate(name),
    defaults: defaultsOf(settings),
    tests: tests.map((test, index) => testOf(test, steps[index] ?? [])),
  });
  document.commentBefore = head.map(commentLine).join("\n");
  const list = document.get("tests");
  if (isSeq(list)) {
    for (const [index, node] of list.items.entries()) {
      const test = tests[index];
      if (test !== undefined && isMap(node)) finishTest(node, test);
    }
  }
  const defaults = document.get("defaults");
  if (isMap(defaults)) flowInside(defaults);
  return document.toString({ lineWidth: 0 });
}

function defaultsOf({ web, viewport }: OriginalSettings): Entries {
  const { width, height } = viewport;
  return {
    ...(web.device === undefined ? { viewport: { width, height } } : { device: web.device.name }),
    ...(web.headless ? {} : { headless: false }),
    pictures: { format: web.picture.format, quality: web.picture.quality },
    videoFormat: web.videoFormat,
    ...(web.metrics ? { metrics: true } : {}),
  };
}

function testOf(test: TestDefinition, steps: readonly NativeStep[]): Entries {
  const environment = Object.entries(test.web?.environment ?? {}).map(
    ([key, value]) => [escapeTemplate(key), escapeTemplate(value)] as const,
  );
  return {
    name: escapeTemplate(test.name),
    ...(test.skip === undefined ? {} : { skip: escapeTemplate(test.skip) }),
    timeout: spanText(test.timeoutMs),
    stepTimeout: spanText(test.stepTimeoutMs),
    ...(environment.length === 0 ? {} : { environment: Object.fromEntries(environment) }),
    steps: steps.map(({ entries }) => entries),
  };
}

/** Puts what was left out beside what stayed, and keeps each step's arguments on one line. */
function finishTest(node: YAMLMap, test: TestDefinition): void {
  const steps = node.get("steps");
  if (!isSeq(steps)) return;
  for (const step of steps.items) if (isMap(step)) flowInside(step);
  if (test.skip === undefined) commentLeftOut(steps, test.steps);
  else if (test.steps.length > 0)
    node.comment = commentLine(`left out: ${test.steps.map(({ kind }) => kind).join(", ")}`);
}

function commentLeftOut(list: YAMLSeq, planned: readonly PlannedStep[]): void {
  let index = 0;
  let waiting: string[] = [];
  for (const step of planned) {
    if (step.skip !== undefined) {
      waiting.push(
        commentLine(`line ${step.line}: ${step.kind} "${step.name}" is left out: ${step.skip}`),
      );
      continue;
    }
    const node = list.items[index];
    if (waiting.length > 0 && isMap(node)) (node as Node).commentBefore = waiting.join("\n");
    waiting = [];
    index += 1 + (step.around?.before.length ?? 0) + (step.around?.after.length ?? 0);
  }
  if (waiting.length > 0) list.comment = waiting.join("\n");
}
