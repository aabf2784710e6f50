/**
 * What is once before and once after all tests of a suite, as tests of their own: one for each platform that has steps.
 * They take the defaults' fields, but those that place a test among others or differ by row and combination.
 */
import type { Platform, TestDefinition } from "#proto/test.ts";
import { scanTemplate } from "#shared/template.ts";
import type { FaultLog, Position } from "../reading/fault-log.ts";
import type { Located, LocatedMapping } from "../reading/located.ts";
import type { Hook } from "./hooks.ts";
import type { NativeSuite, TestSource } from "./suite.ts";

/** What makes a test one of these. */
export type TestFrame = {
  readonly role: "beforeAll" | "afterAll";
  readonly platform: Platform;
};

/** Fields of `defaults` that are not theirs. */
const NOT_THEIRS: readonly string[] = ["platform", "after", "group", "each", "skip", "session"];

/** Whether a field of the defaults is one of them, too. */
export function isShared(name: string, node: Located | undefined): boolean {
  return !NOT_THEIRS.includes(name) && (node === undefined || !differsByTest(node));
}

/** Whether a row of data or a combination decides it. */
function differsByTest(node: Located): boolean {
  if (node.kind === "list") return node.items.some(differsByTest);
  if (node.kind === "mapping") return node.entries.some(({ value }) => differsByTest(value));
  return (
    typeof node.value === "string" &&
    scanTemplate(node.value).some(
      (part) => part.kind === "reference" && ["data", "matrix"].includes(part.scope),
    )
  );
}

/** Their sources, in the order in which they run; none where there is no test that they could be for. */
export function frameSources(
  suite: NativeSuite,
  tests: readonly TestDefinition[],
  log: FaultLog,
): readonly TestSource[] {
  if (tests.length === 0) return [];
  const platforms = [...new Set(tests.map(({ platform }) => platform))];
  return (["beforeAll", "afterAll"] as const).flatMap((role) =>
    sourcesOf(role, { hook: suite[role], platforms, log }),
  );
}

type Place = {
  readonly hook: Hook;
  /** Of the suite's tests. */
  readonly platforms: readonly Platform[];
  readonly log: FaultLog;
};

function sourcesOf(
  role: TestFrame["role"],
  { hook, platforms, log }: Place,
): readonly TestSource[] {
  const { at, isPlain, steps } = hook;
  if (at === undefined) return [];
  if (!isPlain)
    return (["web", "http"] as const)
      .filter((platform) => steps[platform].length > 0)
      .map((platform) =>
        sourceOf({ role, platform }, { at, name: `${role} (${platform})`, steps: steps[platform] }),
      );
  const [platform, second] = platforms;
  if (platform === undefined || steps.web.length === 0) return [];
  if (second !== undefined) {
    log.error(
      at,
      `Expected { web: […] } or { http: […] } in "${role}" of a suite with tests of both, found a plain list`,
    );
    return [];
  }
  return [sourceOf({ role, platform }, { at, name: role, steps: steps[platform] })];
}

type Named = {
  readonly at: Position;
  readonly name: string;
  readonly steps: readonly Located[];
};

function sourceOf(frame: TestFrame, { at, name, steps }: Named): TestSource {
  const { line, column } = at;
  const text: Located = {
    ...{ kind: "scalar", value: name, source: name, isFilled: false, line, column },
  };
  const node: LocatedMapping = {
    kind: "mapping",
    entries: [{ key: "name", at, value: text }],
    line,
    column,
  };
  return { node, name, isRepeated: false, steps, frame };
}
