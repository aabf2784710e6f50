/** The small pure parts of the CLI. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { exitCodeOf } from "#cli/exit-code.ts";
import { shareCores } from "#cli/mesh/share-cores.ts";
import { forPeople } from "#cli/paths.ts";
import { readReadyLine, readyLine } from "#cli/ready-line.ts";
import { tableText } from "#cli/table.ts";
import {
  childEnvironment,
  foreignEnvironment,
  keepFromChildren,
  keepLoopbackDirect,
  readConfig,
} from "#shared/config.ts";
import { MeshError } from "#shared/errors.ts";

test("shareCores() gives every node a slot and every core to one node", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 256 }),
      fc.integer({ min: 1, max: 64 }),
      (cores, nodes) => {
        const shares = shareCores(cores, nodes);
        expect(shares).toHaveLength(nodes);
        expect(Math.min(...shares)).toBeGreaterThanOrEqual(1);
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(Math.max(cores, nodes));
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
      },
    ),
  );
});
test("exitCodeOf() tells a person's fault, a report's and ours apart", () => {
  expect(exitCodeOf(new MeshError("usage", "x"))).toBe(2);
  expect(exitCodeOf(new MeshError("gateway_unreachable", "x"))).toBe(2);
  expect(exitCodeOf(new MeshError("report_failed", "x"))).toBe(3);
  expect(exitCodeOf(new MeshError("internal", "x"))).toBe(70);
  expect(exitCodeOf(new TypeError("x"))).toBe(70);
});
test("readyLine() is read back from its JSON form, and plain for people", () => {
  const node = { ready: "node", name: "lab-1", slots: 4, pid: 7 } as const;
  expect(readyLine(node, false)).toBe("ready node lab-1 slots 4 pid 7");
  expect(readReadyLine(readyLine(node, true))).toEqual(node);
  expect(readReadyLine("some log line")).toBeUndefined();
});
test("tableText() aligns every column but the last", () => {
  expect(tableText([["A", "B"], ["long", "x"], ["s"]])).toBe("A     B\nlong  x\ns");
  expect(tableText([])).toBe("");
});
test("forPeople() is short inside the caller's folder and whole outside", () => {
  expect(forPeople("/home/me", "/home/me/out")).toBe("out");
  expect(forPeople("/home/me", "/tmp/out")).toBe("/tmp/out");
});
test("readConfig() reads changed limits and names them", () => {
  const config = readConfig({ PANOPTIC_LIMITS: '{"heartbeatMs":100}', INIT_CWD: "/home/me" });
  expect(config.limits.heartbeatMs).toBe(100);
  expect(config.changedLimits).toEqual(["heartbeatMs=100"]);
  expect(config.callerDir).toBe("/home/me");
});
test("readConfig() refuses limits that it cannot read, by name", () => {
  expect(() => readConfig({ PANOPTIC_LIMITS: "{" })).toThrow(/PANOPTIC_LIMITS/);
  expect(() => readConfig({ PANOPTIC_LIMITS: '{"heartBeatMs":1}' })).toThrow(/heartBeatMs/);
});
test("childEnvironment() keeps a process's own lifeline and token to itself", () => {
  const env = childEnvironment(
    { A: "1" },
    { PANOPTIC_JOIN: "pnp1_x", PANOPTIC_LIFELINE_FD: "3", PATH: "/bin" },
  );
  expect(env).toEqual({ A: "1", PATH: "/bin" });
});

test("foreignEnvironment() tells a browser nothing of our own settings, keys and tokens among them", () => {
  const ours = { PANOPTIC_JOIN: "pnp1_x", PANOPTIC_KEY_FILE: "/k", PATH: "/bin" };
  expect(foreignEnvironment({ TZ: "Asia/Tokyo" }, ours)).toEqual({
    TZ: "Asia/Tokyo",
    PATH: "/bin",
  });
});

test("foreignEnvironment() names the guarded folder also to who has other temporary files, so that the guard finds it", () => {
  const guarded = { TMPDIR: "/tmp/panoptic-node-x" };
  const told = Object.entries(foreignEnvironment({ TMPDIR: "/mine" }, guarded));
  const lines = told.map(([name, value]) => `${name}=${value}`);
  expect(lines).toContain("TMPDIR=/mine");
  expect(lines.join("\0")).toContain("TMPDIR=/tmp/panoptic-node-x");
});

test("keepFromChildren() keeps what suites declared secret from everybody that is started, but for what they need", () => {
  keepFromChildren(["SHOP_PASSWORD", "HTTP_PROXY", "PATH"]);
  const ours = { SHOP_PASSWORD: "x", SHOP_URL: "/", HTTP_PROXY: "http://p", PATH: "/bin" };
  const { SHOP_PASSWORD: _, ...rest } = ours;
  expect(childEnvironment({}, ours)).toEqual(rest);
  expect(foreignEnvironment({}, ours)).toEqual(rest);
});

test("keepLoopbackDirect() adds this machine to what no proxy is for, once", () => {
  const env = { NO_PROXY: "example.org,localhost" };
  keepLoopbackDirect(env);
  keepLoopbackDirect(env);
  expect(env).toEqual({
    NO_PROXY: "example.org,localhost,127.0.0.1,::1",
    no_proxy: "127.0.0.1,localhost,::1",
  });
});
