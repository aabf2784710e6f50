/** Which machine a file is for: real files of this machine, and headers of the others. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "#kit/source-tree.ts";
import { formatOf } from "../../scripts/build/executable-format.ts";
import { hostTarget } from "../../scripts/build/targets.ts";
import { elfHeader, machOFile, peHeader } from "./executables.ts";

test.runIf(hostTarget() !== undefined)("formatOf() reads this machine's own files", () => {
  const target = hostTarget();
  expect(formatOf(readFileSync(process.execPath))).toBe(target?.format);
  const folder = join(ROOT, "node_modules", target?.addonPackage ?? "");
  expect(readdirSync(folder)).toContain("index.node");
  const addon = formatOf(readFileSync(join(folder, "index.node")));
  expect(addon).toBe(target?.format.split(" by ")[0]);
});

test.each([
  [elfHeader(62, "/lib64/ld-linux-x86-64.so.2"), "ELF x64 by /lib64/ld-linux-x86-64.so.2"],
  [elfHeader(183, "/lib/ld-musl-aarch64.so.1"), "ELF arm64 by /lib/ld-musl-aarch64.so.1"],
  [elfHeader(183, undefined), "ELF arm64"],
  [elfHeader(40, undefined), undefined],
  [machOFile("x64"), "Mach-O x64"],
  [machOFile("arm64"), "Mach-O arm64"],
  [peHeader(0x8664), "PE x64"],
  [peHeader(0xaa64), "PE arm64"],
  [peHeader(0x14c), undefined],
  [Buffer.from("#!/bin/sh\n".padEnd(100)), undefined],
  [Buffer.alloc(0), undefined],
  [Buffer.from("MZ".padEnd(100, "\xff"), "latin1"), undefined],
])("formatOf() reads header %#", (bytes, format) => {
  expect(formatOf(bytes)).toBe(format);
});
