/** The `download` step, against real Chromium and a real site. */
import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitUntil } from "#kit/wait-until.ts";
import type { DriverSlot } from "../../src/node/drivers/driver.ts";
import { createWebDriver } from "../../src/node/drivers/web/driver.ts";
import { css, openOn, type Played, type PlayOptions, type Site, serve, textOf } from "./stage.ts";
import { check } from "./web-site.ts";

const HOME = `<!doctype html><title>Home</title><button id=none>Nothing</button>
<a id=csv href=/report.csv>CSV</a> <a id=blank href=/report.csv target=_blank>CSV there</a>
<a id=json href=/data.json download>JSON</a> <a id=zip href=/a.zip>ZIP</a>
<button id=made onclick="const a = document.createElement('a'); a.href = window.URL.createObjectURL(new Blob(['made here'])); a.download = 'made.txt'; a.click()">Make</button>
<a id=big href=/big>Big</a> <a id=broken href=/broken>Broken</a>`;
const CSV = "id,name\n1,tea\n";

let site: Site;
let slot: DriverSlot;

const file =
  (type: string, name: string, body: string | Buffer) => (_: unknown, response: ServerResponse) => {
    response.setHeader("content-type", type);
    response.setHeader("content-disposition", `attachment; filename="${name}"`);
    response.end(body);
  };

beforeAll(async () => {
  site = await serve({
    "/": HOME,
    "/report.csv": file("text/csv", "report.csv", CSV),
    "/data.json": file("application/json", "data.json", `{ "rows": [1, 2], "by": "hunter22" }`),
    "/a.zip": file("application/zip", "a.zip", Buffer.from([0x50, 0x4b, 3, 4, 0xff, 0xfe])),
    "/big": (_, response) => {
      response.setHeader("content-disposition", `attachment; filename="big.bin"`);
      response.setHeader("content-length", 300 * 1024 * 1024);
      response.write(Buffer.alloc(64 * 1024));
    },
    "/broken": (_, response) => {
      response.setHeader("content-disposition", `attachment; filename="broken.bin"`);
      response.setHeader("content-length", 1000);
      response.write("x");
      setTimeout(() => response.destroy(), 50);
    },
  });
  slot = createWebDriver({}).createSlot();
});
afterAll(async () => {
  await slot.close();
  await site.close();
});

async function withHome(act: (played: Played) => Promise<void>, options: PlayOptions = {}) {
  const played = await openOn(slot, { baseUrl: site.url, ...options });
  try {
    await played.play({ kind: "goto", url: "/" });
    await act(played);
  } finally {
    await played.close();
  }
}

const click = (selector: string, more: object = {}) => ({
  kind: "click",
  locator: css(selector),
  ...more,
});
const titleIs = (title: string) => check({ of: "title" }, { equals: title });

describe("downloads", () => {
  const byClick = (selector: string, more: object = {}) => ({
    kind: "download",
    by: { kind: "click", locator: css(selector) },
    ...more,
  });
  const usesDownloads = { usesDownloads: true };

  test("are waited for, kept, and saved with what they hold", () =>
    withHome(async ({ play, saved, evidence }) => {
      await play(byClick("#csv", { save: "csv", as: "kept.csv", content: "text" }));
      await play(byClick("#blank", { save: "again" }));
      await play(byClick("#made", { save: "made", content: "text" }));
      await play({
        kind: "download",
        by: { kind: "goto", url: "/data.json" },
        save: "data",
        content: "json",
      });
      const sha256 = createHash("sha256").update(CSV).digest("hex");
      const csv = { name: "report.csv", bytes: CSV.length, sha256, url: `${site.url}/report.csv` };
      expect(saved).toMatchObject({ csv: { ...csv, text: CSV }, again: csv });
      expect(saved["data"]).toMatchObject({ json: { rows: [1, 2] } });
      expect(saved["made"]).toMatchObject({ name: "made.txt", text: "made here" });
      expect(evidence.map((one) => [one.name, one.kind])).toEqual([
        ["kept.csv", "file"],
        ["report.csv", "file"],
        ["made.txt", "file"],
        ["data.json", "file"],
      ]);
      expect(new TextDecoder().decode(evidence[0]?.bytes)).toBe(CSV);
      await play(titleIs("Home"));
    }, usesDownloads));

  test("fail for the right reason", () =>
    withHome(async ({ failed }) => {
      expect((await failed(byClick("#none"), 300)).message).toBe("No download began within 300 ms");
      expect(await failed(byClick("#csv", { content: "json" }))).toMatchObject({
        code: "download",
        message: expect.stringContaining("its content is no JSON"),
      });
      expect((await failed(byClick("#big"), 5_000)).message).toBe(
        "Cannot take the download: it has more than 104857600 bytes",
      );
      expect((await failed(byClick("#broken"), 5_000)).message).toContain("it broke off");
    }, usesDownloads));

  test("without a secret are kept as they are; with one they are masked, or missing with a reason", () =>
    withHome(
      async ({ play, evidence, missed, warnings, saved }) => {
        await play(byClick("#json", { save: "data" }));
        expect(new TextDecoder().decode(evidence[0]?.bytes)).toBe(
          `{ "rows": [1, 2], "by": "***" }`,
        );
        expect(warnings).toEqual(["What is secret in data.json is masked in the kept file"]);
        expect(saved["data"]).toMatchObject({ bytes: 36 });
        await play(byClick("#zip"));
        const reason = "Not kept: the test has secrets, and only text can be searched for them";
        expect(missed).toEqual([{ name: "a.zip", kind: "file", reason }]);
      },
      { ...usesDownloads, secrets: { P: "hunter22" } },
    ));

  test.each([true, false])("without a step for them are not taken (others: %s)", (uses) =>
    withHome(
      async ({ play, evidence, session }) => {
        await play(click("#csv"));
        const told = async () => {
          evidence.length = 0;
          await session.collectEvidence(AbortSignal.timeout(10_000));
          return textOf(evidence).includes("[download] not taken, as no step waits for it");
        };
        await waitUntil(told, { what: "word of the download" });
        expect(evidence.filter((one) => one.kind === "file")).toEqual([]);
      },
      { usesDownloads: uses },
    ),
  );
});
