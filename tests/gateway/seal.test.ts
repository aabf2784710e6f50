import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createSeal } from "#gateway/seal.ts";

const newKey = () => randomBytes(32).toString("base64url");
const name = fc.stringMatching(/^[A-Z][A-Z0-9_]{0,20}$/);
const secrets = fc.dictionary(name, fc.string(), { minKeys: 1 });
const refusal = expect.objectContaining({ code: "store_failed" });

test("K1: what was sealed opens to the same values under the same key only, and shows none of them", () => {
  fc.assert(
    fc.property(secrets, (values) => {
      const key = newKey();
      const sealed = createSeal(key).close(values) ?? "";
      expect({ ...createSeal(key).open(sealed) }).toEqual({ ...values });
      expect(() => createSeal(newKey()).open(sealed)).toThrow(refusal);
      const bytes = Buffer.from(sealed, "base64url");
      for (const value of Object.values(values)) {
        if (value.length > 4) expect(bytes.includes(value)).toBe(false);
      }
    }),
  );
});

test("K1: any changed or missing byte is refused by its code", () => {
  const seal = createSeal(newKey());
  fc.assert(
    fc.property(secrets, fc.nat(), fc.integer({ min: 1, max: 255 }), (values, at, mask) => {
      const bytes = Buffer.from(seal.close(values) ?? "", "base64url");
      const changed = Buffer.from(bytes);
      const index = at % bytes.length;
      changed.writeUInt8(changed.readUInt8(index) ^ mask, index);
      expect(() => seal.open(changed.toString("base64url"))).toThrow(refusal);
      expect(() => seal.open(bytes.subarray(0, index).toString("base64url"))).toThrow(refusal);
    }),
  );
});

test("two seals of the same values differ, and no values leave nothing to keep", () => {
  const seal = createSeal(newKey());
  expect(seal.close({ a: "b" })).not.toBe(seal.close({ a: "b" }));
  expect(seal.close({})).toBeUndefined();
  expect(() => createSeal("short")).toThrow(refusal);
});

test("K1: the fingerprint of what was submitted tells equal from other bodies, and only to who has the key", () => {
  const [one, other] = [createSeal(newKey()), createSeal(newKey())];
  expect(one.fingerprint("pin=1234")).toBe(one.fingerprint("pin=1234"));
  expect(one.fingerprint("pin=1234")).not.toBe(one.fingerprint("pin=1235"));
  expect(one.fingerprint("pin=1234")).not.toBe(other.fingerprint("pin=1234"));
});

test("K1: texts rest sealed under the key, and those of an older gateway are read as they are", () => {
  const seal = createSeal(newKey());
  fc.assert(
    fc.property(fc.string(), (text) => {
      const sealed = seal.closeText(`{"password":"hunter-two ${text}"}`);
      expect(sealed).not.toContain("hunter");
      expect(seal.openText(sealed)).toBe(`{"password":"hunter-two ${text}"}`);
      expect(() => createSeal(newKey()).openText(sealed)).toThrow(refusal);
    }),
  );
  expect(seal.openText('{"key":"a"}')).toBe('{"key":"a"}');
});
