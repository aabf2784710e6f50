/** The oracle's own reading of what a test needs of a node: of the needs that plans draw, platform, browser and labels. */
import type { Capabilities } from "#proto/hello.ts";
import type { TestDefinition } from "#proto/test.ts";

/** Whether a node with these capabilities could run the test. */
export function isAble(
  { able, labels }: Capabilities,
  { platform, needs }: Pick<TestDefinition, "platform" | "needs">,
): boolean {
  return (
    able.some((one) => one.platform === platform) &&
    needs.labels.every((label) => labels.includes(label))
  );
}
