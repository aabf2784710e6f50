/** Where a test's baselines are: by the name of its history, and the browser and system of the node that runs it. */
import { historyNameOf } from "#gateway/history/learn.ts";
import type { NodeRecord } from "#gateway/mesh/change.ts";
import type { BaselinePlace } from "#proto/baseline.ts";
import type { TestDefinition } from "#proto/test.ts";

/** What an artifact of the kind `baseline` is called after. */
const ENDING = ".baseline.png";

/** Undefined for a node that has no browser. */
export function baselinePlace(
  definition: TestDefinition,
  { hello }: NodeRecord,
): BaselinePlace | undefined {
  const { able, os, osFamily } = hello.capabilities;
  const browsers = able.filter(({ platform }) => platform === definition.platform);
  // Of a node with several it is the one that the test asks for.
  const wanted = definition.needs.browser?.trim().split(/[\s<>=]/)[0];
  const browser = browsers.find((one) => one.browser === wanted) ?? browsers[0];
  if (browser?.browser === undefined) return undefined;
  const family = osFamily ?? os.split(" ")[0]?.toLowerCase() ?? os;
  return { key: historyNameOf(definition).key, browser: browser.browser, os: family };
}

/** The name of the baseline that an artifact brings; undefined when it brings none. */
export function baselineNameOf(artifactName: string): string | undefined {
  return artifactName.endsWith(ENDING) ? artifactName.slice(0, -ENDING.length) : undefined;
}
