/** Foreign packages: only those of the lock, and only with its bytes. */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { checkIntegrity, lockedVersion } from "../../scripts/build/locked-package.ts";
import { TARGETS } from "../../scripts/build/targets.ts";

test("package-lock.json names bun and libSQL for every target, all of one version", () => {
  const bun = TARGETS.map(({ runtimePackage }) => lockedVersion(runtimePackage));
  const libsql = TARGETS.map(({ addonPackage }) => lockedVersion(addonPackage));
  expect(new Set(bun.map(({ version }) => version))).toEqual(
    new Set([lockedVersion("bun").version]),
  );
  expect(new Set(libsql.map(({ version }) => version))).toEqual(
    new Set([lockedVersion("libsql").version]),
  );
});

test("lockedVersion() refuses a package that the lock does not name", () => {
  expect(() => lockedVersion("@oven/bun-plan9")).toThrow("Cannot fetch @oven/bun-plan9");
});

test("checkIntegrity() refuses other bytes than the locked ones", () => {
  const bytes = Buffer.from("a package");
  const integrity = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
  expect(() => checkIntegrity("x", bytes, integrity)).not.toThrow();
  expect(() => checkIntegrity("x", Buffer.from("A package"), integrity)).toThrow(
    `Cannot use x: its hash sha512-`,
  );
});
