/** Pure: what a test needs of a node, and whether a node has it. */
import type { Capabilities } from "#proto/hello.ts";
import type { TestDefinition } from "#proto/test.ts";

/** Tests with one signature can run on exactly the same nodes. */
export function needsSignature(definition: TestDefinition): string {
  const { platform, needs } = definition;
  return JSON.stringify([
    platform,
    needs.browser ?? "",
    [...needs.labels].sort((a, b) => (a < b ? -1 : 1)),
  ]);
}

/** @returns What the node lacks, one text a need; empty when it could run the test. */
export function missingNeeds(
  definition: TestDefinition,
  capabilities: Capabilities,
): readonly string[] {
  const missing: string[] = [];
  const able = capabilities.able.filter((one) => one.platform === definition.platform);
  // A browser is a need of its own on platforms that drive none.
  const browsers = definition.platform === "web" ? able : capabilities.able;
  const { browser, labels } = definition.needs;
  if (able.length === 0) missing.push(`platform ${definition.platform}`);
  else if (browser !== undefined && !browsers.some((one) => one.browser === browser))
    missing.push(`browser ${browser}`);
  for (const label of labels)
    if (!capabilities.labels.includes(label)) missing.push(`label ${label}`);
  return missing;
}

/** The needs in words: `platform web, browser chromium, label lab-2`. */
export function needsInWords(definition: TestDefinition): string {
  const { platform, needs } = definition;
  return [
    `platform ${platform}`,
    ...(needs.browser === undefined ? [] : [`browser ${needs.browser}`]),
    ...needs.labels.map((label) => `label ${label}`),
  ].join(", ");
}
