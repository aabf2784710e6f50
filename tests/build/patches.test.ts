/** Patches of dependencies fit the installed packages, and say so when they no longer do. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ROOT } from "#kit/source-tree.ts";
import { BuildError } from "../../scripts/build/build-error.ts";
import { applyPatches, patchedFiles, patchesFor } from "../../scripts/build/patches.ts";

const patches = patchesFor("/some/index.node");
const textOf = (name: string) => readFileSync(join(ROOT, "node_modules", name), "utf8");

describe("applyPatches()", () => {
  test.each(patchedFiles(patches))("fits the installed %s", (name) => {
    const patched = applyPatches(name, textOf(name), patches);
    for (const { find, replace, ...of } of patches) {
      if (`${of.package}/${of.file}` !== name) continue;
      expect(patched).toContain(replace);
      if (!replace.includes(find)) expect(patched).not.toContain(find);
    }
  });

  test.each(patches.map((patch) => [patch.why, patch] as const))(
    "throws when the text has moved: %s",
    (_, patch) => {
      const name = `${patch.package}/${patch.file}`;
      const moved = textOf(name).replace(patch.find, () => `/* ${patch.why} */`);
      const act = () => applyPatches(name, moved, patches);
      expect(act).toThrow(BuildError);
      expect(act).toThrow(`Cannot patch ${name} (${patch.why}): its text has moved: found 0 times`);
    },
  );

  test("throws when the text is there twice: it would be a guess which one is meant", () => {
    const [patch] = patches;
    const name = `${patch?.package}/${patch?.file}`;
    const twice = `${textOf(name)}\n${patch?.find}`;
    expect(() => applyPatches(name, twice, patches)).toThrow("found 2 times instead of once");
  });

  test("leaves no require of a computed path in libsql", () => {
    const patched = applyPatches("libsql/index.js", textOf("libsql/index.js"), patches);
    const words = [...patched.matchAll(/require\(([^)]*)\)/g)].map((match) => match[1]);
    // The last one is behind the `return` of the patch and never runs.
    expect(words).toEqual([
      '"/some/index.node"',
      "`@libsql/${target}`",
      '"./auth"',
      '"./sqlite-error"',
    ]);
  });
});
