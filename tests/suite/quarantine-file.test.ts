import { expect, test } from "vitest";
import { readQuarantineFile } from "#suite/quarantine-file.ts";
import { faultText } from "#suite/source.ts";

const read = (text: string) => {
  const { entries, faults } = readQuarantineFile({ file: "known.yaml", text });
  return { entries, faults: faults.map(faultText) };
};
const entry = { key: "s › a", owner: "ann", reason: "BUG-1", expiresAt: "2026-12-01" };

test("readQuarantineFile() reads a list, a mapping that has it, JSON, and nothing at all", () => {
  const yaml = "- key: s › a\n  owner: ann\n  reason: BUG-1\n  expiresAt: 2026-12-01\n";
  expect(read(yaml)).toEqual({ entries: [entry], faults: [] });
  expect(read(JSON.stringify([entry]))).toEqual({ entries: [entry], faults: [] });
  expect(read(JSON.stringify({ entries: [entry] }))).toEqual({ entries: [entry], faults: [] });
  for (const empty of ["", "[]", "# none yet\n"]) expect(read(empty).faults).toEqual([]);
});

test("readQuarantineFile() names every fault with its place", () => {
  const { faults } = read(
    "- key: a\n  owner: ann\n  reason: R\n  expiresAt: soon\n- key: b\n  reason: R\n  expiresAt: 2026-12-01T00:00:00Z\n- key: c\n  owner: ann\n  reason: R\n  expiresAt: 2026-12-01\n  until: x\n",
  );
  expect(faults[0]).toMatch(/^known\.yaml:4:14 expiresAt: /);
  expect(faults[1]).toMatch(/^known\.yaml:5:3 owner: /);
  expect(faults[2]).toMatch(/^known\.yaml:8:3 .*until/);
  expect(faults).toHaveLength(3);
});

test.each([
  ["a key twice", JSON.stringify([entry, { ...entry, owner: "bob" }]), /second one of s › a/],
  ["no list", "key: a\n", /Expected a list of quarantined tests, found a mapping/],
  ["no YAML", "- [", /Not YAML/],
  ["too much", "#".repeat(1024 * 1024 + 1), /at most 1048576 bytes/],
])("readQuarantineFile() refuses %s", (_, text, said) => {
  expect(read(text).faults.join("\n")).toMatch(said);
});
