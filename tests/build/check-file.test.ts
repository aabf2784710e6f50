/** What keeps a built file from getting its name. */
import { expect, test } from "vitest";
import { ROOT } from "#kit/source-tree.ts";
import { faultOf } from "../../scripts/build/check-file.ts";
import { signAdHoc } from "../../scripts/build/mach-o-signature.ts";
import { TARGETS, type Target } from "../../scripts/build/targets.ts";
import { elfHeader, machOFile } from "./executables.ts";

const addon = Buffer.concat([elfHeader(62, undefined), Buffer.from("the native part")]);
const program = elfHeader(62, "/lib64/ld-linux-x86-64.so.2");
const whole = Buffer.concat([program, Buffer.alloc(1000), addon]);

function target(name: string): Target {
  const found = TARGETS.find((one) => one.name === name);
  if (found === undefined) throw new Error(`No target ${name}`);
  return found;
}

test("faultOf() finds nothing in a file that is as it should be", () => {
  expect(faultOf(whole, addon, target("linux-x64"))).toBeUndefined();
});

const withPath = Buffer.concat([whole, Buffer.from(`"${ROOT}/node_modules/x.js"`)]);
const big = Buffer.concat([whole, Buffer.alloc(150_000_001 - whole.length)]);

test.each([
  {
    name: "linux-arm64",
    file: whole,
    native: addon,
    fault: "it came out as ELF x64 by /lib64/ld-linux-x86-64.so.2",
  },
  {
    name: "linux-x64",
    file: Buffer.from("not built"),
    native: addon,
    fault: "it came out as no executable",
  },
  {
    name: "linux-x64",
    file: whole,
    native: elfHeader(183, undefined),
    fault: "the native part is ELF arm64",
  },
  { name: "linux-x64", file: program, native: addon, fault: "the native part is not in it" },
  {
    name: "linux-x64",
    file: withPath,
    native: addon,
    fault: "it names a folder of the machine that built it",
  },
  {
    name: "linux-x64",
    file: big,
    native: addon,
    fault: "it has 150000001 bytes, more than 150000000",
  },
])("faultOf(): $fault", ({ name, file, native, fault }) => {
  expect(faultOf(file, native, target(name))).toBe(fault);
});

test("faultOf() looks at the signature of files for macOS", () => {
  const unsigned = machOFile("arm64");
  const native = Buffer.from(unsigned.subarray(0, 64));
  const signed = signAdHoc(unsigned, "panoptic");
  expect(faultOf(signed, native.subarray(0, 64), target("darwin-arm64"))).toBeUndefined();
  signed.writeUInt8(7, 5000);
  expect(faultOf(signed, native, target("darwin-arm64"))).toMatch("page 1 is not the one");
});
