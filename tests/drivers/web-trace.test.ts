/** The trace of an attempt: when there is one, that Playwright's own viewer shows our steps, and that no secret is in it. */
import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRedactor } from "#shared/redactor.ts";
import type { DriverSlot } from "../../src/node/drivers/driver.ts";
import { createWebDriver } from "../../src/node/drivers/web/driver.ts";
import { whyUnfit } from "../../src/node/drivers/web/trace-scan.ts";
import { css, openOn, type Played, type PlayOptions, type Site, serve } from "./stage.ts";
import { viewTrace } from "./trace-viewer.ts";

let site: Site;
let slot: DriverSlot;

beforeAll(async () => {
  site = await serve({
    "/": `<h1>Shop</h1><input id=mail><button id=add onclick="this.textContent += '!'">Add to cart</button>`,
    "/leak": "<p>the server says hidden-words</p>",
  });
  slot = createWebDriver({}).createSlot();
});
afterAll(async () => {
  await slot.close();
  await site.close();
});

type Ran = Pick<Played, "evidence" | "missed" | "warnings">;

async function run(
  options: PlayOptions,
  status: "passed" | "failed",
  steps: readonly object[] = [],
): Promise<Ran> {
  const played = await openOn(slot, { baseUrl: site.url, ...options });
  for (const step of [{ kind: "goto", url: "/" }, ...steps]) await played.play(step);
  await played.conclude(status);
  expect(await readdir(played.workspaceDir)).toEqual([]);
  await played.close();
  return played;
}

const tracesOf = ({ evidence }: Ran) => evidence.filter((one) => one.kind === "trace");

describe("trace.zip", () => {
  test("opens in Playwright's own viewer and lists our steps", async () => {
    const ran = await run({ evidence: { trace: "on" } }, "passed", [
      { kind: "fill", locator: css("#mail"), value: "a@example.org" },
      { kind: "click", locator: css("#add") },
      { kind: "wait", for: { kind: "time", ms: 100 } },
    ]);
    const [trace] = tracesOf(ran);
    expect(trace?.name).toBe("trace.zip");
    await viewTrace(trace?.bytes ?? new Uint8Array(), async (page) => {
      const titles = page.locator(".action-title");
      await titles.getByText("wait for time").waitFor();
      const texts = await titles.allTextContents();
      expect(texts.map((text) => text.replace(/[\d.]+m?s$/, ""))).toEqual([
        "goto /",
        'fill "#mail"',
        'click "#add"',
        "wait for time",
      ]);
      await titles.getByText('click "#add"').click();
      const snapshot = page.frameLocator("iframe.snapshot-visible[name=snapshot]");
      await snapshot.getByRole("button", { name: "Add to cart" }).waitFor();
      expect(await snapshot.locator("#mail").inputValue()).toBe("a@example.org");
    });
  });

  test.each([
    ["on", "passed", 1],
    ["on-failure", "failed", 1],
    ["on-failure", "passed", 0],
    ["off", "failed", 0],
  ] as const)("trace %s of an attempt that %s: %d", async (trace, status, count) => {
    const ran = await run({ evidence: { trace } }, status);
    expect(tracesOf(ran)).toHaveLength(count);
    expect(ran.missed).toEqual([]);
  });

  test("a test that uses secrets gets none, and where one was due its reason", async () => {
    const options = { usesSecrets: true, secrets: { S: "hidden-words" } };
    const due = await run({ ...options, evidence: { trace: "on" } }, "passed");
    const reason = "Not taken: the test uses secrets, and a trace cannot be redacted yet";
    expect(due.missed).toEqual([{ name: "trace.zip", kind: "trace", reason }]);
    expect(tracesOf(due)).toEqual([]);
    const spared = await run({ ...options, evidence: { trace: "on-failure" } }, "passed");
    expect(spared.missed).toEqual([]);
    const failed = await run({ ...options, evidence: { trace: "on-failure" } }, "failed");
    expect(failed.missed).toHaveLength(1);
  });

  test("one in which a secret of the suite is found is not kept", async () => {
    const options = { secrets: { S: "hidden-words" }, evidence: { trace: "on" } } as const;
    const leaking = await run(options, "passed", [{ kind: "goto", url: "/leak" }]);
    expect(tracesOf(leaking)).toEqual([]);
    expect(leaking.missed).toEqual([
      expect.objectContaining({
        reason: expect.stringContaining("a secret of the suite is in it"),
      }),
    ]);
    expect(tracesOf(await run(options, "passed"))).toHaveLength(1);
  });

  test("leaves nothing in the browser's folder for the next attempts", async () => {
    await run({ evidence: { trace: "on" } }, "passed");
    const own = (await readdir(tmpdir())).filter((name) =>
      name.startsWith(`panoptic-browser-${process.pid}-`),
    );
    expect(own.length).toBeGreaterThan(0);
    const left = await Promise.all(own.map((name) => readdir(join(tmpdir(), name))));
    expect(left.flat()).not.toContain("traces");
  });
});

describe("whyUnfit()", () => {
  const redactor = createRedactor({ S: "hidden-words" });
  const zip = (name: string, text: string) => zipOf(name, new TextEncoder().encode(text));

  test("looks into packed entries and at their names", () => {
    expect(whyUnfit(zip("a.txt", "say hidden-words"), redactor)).toMatch(/secret of the suite/);
    expect(whyUnfit(zip("hidden-words.txt", "say"), redactor)).toMatch(/secret of the suite/);
    expect(whyUnfit(zip("a.txt", "say nothing"), redactor)).toBeUndefined();
  });

  test("what cannot be read may hold one", () => {
    expect(whyUnfit(new TextEncoder().encode("no zip"), redactor)).toMatch(/cannot be searched/);
    const damaged = zip("a.txt", "say nothing").fill(0xff, 35, 40);
    expect(whyUnfit(damaged, redactor)).toMatch(/cannot be searched/);
  });
});

/** A zip file of one packed entry (APPNOTE.TXT of PKWARE, 4.3). */
function zipOf(name: string, content: Uint8Array): Uint8Array {
  const packed = deflateRawSync(content);
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(8, 8);
  local.writeUInt32LE(packed.length, 18);
  local.writeUInt16LE(Buffer.byteLength(name), 26);
  const entry = Buffer.alloc(46);
  entry.writeUInt32LE(0x02014b50, 0);
  entry.writeUInt16LE(8, 10);
  entry.writeUInt32LE(packed.length, 20);
  entry.writeUInt16LE(Buffer.byteLength(name), 28);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(30 + Buffer.byteLength(name) + packed.length, 16);
  return Buffer.concat([local, Buffer.from(name), packed, entry, Buffer.from(name), end]);
}
