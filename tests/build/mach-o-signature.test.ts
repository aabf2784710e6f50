/** Ad-hoc signatures of macOS executables: made, checked, and seen to be broken. */
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { signAdHoc, signatureFault } from "../../scripts/build/mach-o-signature.ts";
import { machOFile } from "./executables.ts";

const END = 3 * 4096 - 100;

describe("signAdHoc()", () => {
  const signed = signAdHoc(machOFile("x64"), "panoptic");

  test("signs every page, the last one as short as it is", () => {
    expect(signatureFault(signed)).toBeUndefined();
    const last = createHash("sha256").update(signed.subarray(8192, END)).digest();
    expect(signed.subarray(-32)).toEqual(last);
  });

  test("makes the file end with its signature, and the last segment with it", () => {
    expect(signed.readUInt32LE(184) + signed.readUInt32LE(188)).toBe(signed.length);
    expect(Number(signed.readBigUInt64LE(104 + 48))).toBe(signed.length - 8192);
    expect(Number(signed.readBigUInt64LE(104 + 32)) % 4096).toBe(0);
    expect(Number(signed.readBigUInt64LE(104 + 32))).toBeGreaterThanOrEqual(signed.length - 8192);
  });

  test("can be done again, with the same outcome", () => {
    expect(signAdHoc(signed, "panoptic")).toEqual(signed);
  });

  test("refuses a file without room for it", () => {
    const bare = machOFile("x64");
    bare.writeUInt32LE(2, 16);
    expect(() => signAdHoc(bare, "panoptic")).toThrow("Cannot sign");
    expect(signatureFault(bare)).toBe("it is not signed");
  });
});

describe("signatureFault() sees", () => {
  const changed = (act: (bytes: Buffer) => void) => {
    const bytes = signAdHoc(machOFile("arm64"), "panoptic");
    act(bytes);
    return signatureFault(bytes);
  };

  test.each([0, 1, 2])("a changed byte in page %i", (page) => {
    const at = page === 0 ? 1000 : page * 4096;
    expect(changed((bytes) => bytes.writeUInt8(1, at))).toBe(
      `its page ${page} is not the one that was signed`,
    );
  });
  test("a signature of a shorter file", () => {
    expect(changed((bytes) => bytes.writeUInt32BE(4096, END + 20 + 32))).toBe(
      "its signature does not cover all of it",
    );
  });
  test("no signature where one should be", () => {
    expect(signatureFault(machOFile("arm64"))).toBe("its signature has no code directory");
  });
  test("bytes behind the signature", () => {
    const longer = Buffer.concat([signAdHoc(machOFile("arm64"), "panoptic"), Buffer.alloc(1)]);
    expect(signatureFault(longer)).toBe("its signature is not at its end");
  });
});
