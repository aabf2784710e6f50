import { expect, test } from "vitest";
import { probeCapabilities } from "#node/machine.ts";
import { Capabilities } from "#proto/hello.ts";
import { OS_FAMILIES, osFamilyOf } from "#shared/capability.ts";

test("probeCapabilities() says the family of the system, and a pool only when a person said one", async () => {
  const plain = await probeCapabilities([], {});
  expect(Capabilities.parse(plain)).toEqual(plain);
  expect(OS_FAMILIES).toContain(plain.osFamily);
  // What an older gateway reads of it, and a newer one of an older node.
  expect(osFamilyOf(plain.os)).toBe(plain.osFamily);
  expect(plain).not.toHaveProperty("pool");
  const claimed = await probeCapabilities([], { labels: ["a"], pool: "lab-2" });
  expect(claimed).toMatchObject({ labels: ["a"], pool: "lab-2" });
});
