/** The parts of expectations on a page that need no page: counts, addresses, differences of lines and pixels, and what was recorded. */
import { EventEmitter } from "node:events";
import pixelmatch from "pixelmatch";
import type { BrowserContext } from "playwright-core";
import { PNG } from "pngjs";
import { describe, expect, test } from "vitest";
import { systemClock } from "#shared/clock.ts";
import { comparePictures } from "../../src/node/drivers/web/checks/compare-pictures.ts";
import { type CountAsk, countUntil } from "../../src/node/drivers/web/checks/count-until.ts";
import { diffLines } from "../../src/node/drivers/web/checks/diff-lines.ts";
import { PageRecords } from "../../src/node/drivers/web/checks/page-records.ts";
import { isUrlLike } from "../../src/node/drivers/web/checks/url-glob.ts";
import type { Scene } from "../../src/node/drivers/web/scene.ts";

const scene = (timeoutMs: number) =>
  ({
    clock: systemClock,
    signal: AbortSignal.timeout(timeoutMs),
    context: { timeoutMs },
  }) as unknown as Scene;

const counting = (timeoutMs: number, ask: Partial<CountAsk> & { counts: readonly number[] }) => {
  const left = [...ask.counts];
  const next = () => (left.length > 1 ? left.shift() : left[0]) ?? 0;
  return countUntil(scene(timeoutMs), {
    what: "things",
    quietMs: 60,
    count: () => ({ count: next(), undecided: [], seen: "" }),
    ...ask,
  });
};

describe("countUntil()", () => {
  test("waits until the count is right", async () => {
    expect(await counting(1_000, { counts: [0, 0, 1] })).toBeUndefined();
    expect(await counting(1_000, { counts: [0, 1, 3], matcher: { equals: 3 } })).toBeUndefined();
  });

  test("a count that is right for a moment must stay so", async () => {
    expect(await counting(2_000, { counts: [0, 0, 1], matcher: { equals: 0 }, quietMs: 900 })).toBe(
      "Expected the count of things to equal 0, seen 1",
    );
    expect(
      await counting(2_000, { counts: [1, 1, 2], matcher: { equals: 1 }, forMs: 900 }),
    ).toMatch(/seen 2$/);
    expect(await counting(40, { counts: [0], matcher: { equals: 0 }, forMs: 500 })).toMatch(
      /seen 0, but not for 500 ms, tried for/,
    );
  });

  test("a range must be right as a whole", async () => {
    const doubtful = (matcher: object) =>
      countUntil(scene(40), {
        ...{ what: "things", quietMs: 0, matcher },
        count: () => ({ count: 1, undecided: [{ count: 3, why: "it was not kept" }], seen: "!" }),
      });
    expect(await doubtful({ atLeast: 1 })).toBeUndefined();
    expect(await doubtful({ atMost: 4 })).toBeUndefined();
    for (const matcher of [{ equals: 1 }, { equals: 4 }, { atMost: 3 }, { not: { equals: 2 } }])
      expect(await doubtful(matcher)).toMatch(
        /seen 1 and 3 more that may be so: it was not kept, tried.*!$/,
      );
  });
});

test.each([
  ["**/orders", "http://h/api/orders", true],
  ["**/orders", "http://h/api/orders?x=1", true],
  ["**/orders?y=*", "http://h/api/orders?x=1", false],
  ["**/orders?x=*", "http://h/api/orders?x=1", true],
  ["http://h/*/orders", "http://h/a/b/orders", false],
  ["http://h/**/orders", "http://h/a/b/orders", true],
  ["/api/*", "http://h/api/orders", true],
  ["/api/*", "http://h/x/api/orders", false],
  ["**/*.{png,jp*g}", "http://h/a.jpeg", true],
  ["**/*.{png,jp*g}", "http://h/a.gif", false],
  ["**/a.b", "http://h/axb", false],
  ["**/a(b)[c]+", "http://h/a(b)[c]+", true],
])("the address glob %s of %s: %s", (glob, url, isLike) => {
  expect(isUrlLike(url, glob)).toBe(isLike);
});

test("lines that differ are told beside those that do not", () => {
  expect(diffLines("a\nb\nc", "a\nx\nc\nd")).toBe("  a\n- b\n+ x\n  c\n+ d");
  expect(diffLines("a", "a")).toBe("  a");
  const many = Array.from({ length: 100 }, (_, index) => `${index}`).join("\n");
  expect(diffLines(many, "").split("\n")).toHaveLength(81);
});

/** A picture of one grey, with other pixels in places. */
function picture(width: number, height: number, others: Readonly<Record<string, number>> = {}) {
  const png = new PNG({ width, height });
  png.data.fill(0xff);
  for (const [place, grey] of Object.entries(others)) {
    const [x = 0, y = 0] = place.split(",").map(Number);
    png.data.fill(grey, (y * width + x) * 4, (y * width + x) * 4 + 3);
  }
  return new Uint8Array(PNG.sync.write(png));
}

/** Slanted stripes, whose edges are as grey as they are covered. */
function stripes(shift: number): PNG {
  const [png, period] = [new PNG({ width: 40, height: 200 }), 21.3];
  for (let y = 0; y < 200; y += 1)
    for (let x = 0; x < 40; x += 1) {
      const height = (((y + shift - x * 0.3) % period) + period) % period;
      const covered = Math.min(1, Math.max(0, height - period / 2 + 0.5));
      const at = (y * 40 + x) * 4;
      png.data.fill(Math.round(255 * covered), at, at + 3);
      png.data[at + 3] = 255;
    }
  return png;
}

describe("comparePictures()", () => {
  const plain = picture(20, 200);

  test("finds single pixels on both sides of where its slices meet", async () => {
    const places = {
      "0,0": 0,
      "19,63": 0,
      "0,64": 0,
      "5,65": 0,
      "7,127": 0,
      "9,128": 0,
      "19,199": 0,
    };
    const found = await comparePictures(plain, picture(20, 200, places), 0.02);
    expect(found).toMatchObject({ kind: "pixels", count: 7, ratio: 7 / 4_000 });
    if (found.kind !== "pixels") return;
    const diff = PNG.sync.read(Buffer.from(await found.diff()));
    const red = Array.from({ length: 4_000 }, (_, at) => at).filter(
      (at) => [...diff.data.subarray(at * 4, at * 4 + 3)].join() === "255,0,0",
    );
    expect(red.map((at) => `${at % 20},${Math.floor(at / 20)}`)).toEqual(Object.keys(places));
  });

  test("softened edges do not count, also where its slices meet: as if it compared the whole", async () => {
    const [a, b] = [stripes(0), stripes(0.4)];
    const whole = (includeAA: boolean) =>
      pixelmatch(a.data, b.data, undefined, 40, 200, { threshold: 0.02, includeAA });
    const pictures = [a, b].map((png) => new Uint8Array(PNG.sync.write(png)));
    const [left = plain, right = plain] = pictures;
    const found = await comparePictures(left, right, 0.02);
    expect(whole(true)).toBeGreaterThan(whole(false) + 20);
    expect(found.kind === "pixels" ? found.count : 0).toBe(whole(false));
  });

  test("a colour may be off by as much as the threshold says", async () => {
    const off = picture(20, 200, { "3,3": 0xf9 });
    expect((await comparePictures(plain, off, 0.1)).kind).toBe("same");
    expect((await comparePictures(plain, off, 0.01)).kind).toBe("pixels");
    expect((await comparePictures(plain, picture(20, 200, { "3,3": 0xfe }), 0)).kind).toBe(
      "pixels",
    );
  });

  test("names both sizes, and refuses what is no picture", async () => {
    expect(await comparePictures(plain, picture(21, 200), 0)).toEqual({
      ...{ kind: "sizes", expected: "20 × 200", actual: "21 × 200" },
    });
    const text = new TextEncoder().encode("no picture at all, whatever it was said to be");
    await expect(comparePictures(plain, text, 0)).rejects.toThrow();
  });

  test("refuses a picture that would fill the memory before it is read", async () => {
    const huge = Buffer.from(plain);
    huge.writeUInt32BE(1_000_000, 16);
    await expect(comparePictures(plain, huge, 0)).rejects.toThrow("too large to compare");
  });
});

describe("PageRecords", () => {
  const page = {};
  const request = (url: string, own: object = {}) => ({
    ...{ method: () => "POST", url: () => url, headers: () => ({ "content-type": "text/plain" }) },
    ...{ postDataBuffer: () => Buffer.from("body"), serviceWorker: () => null },
    ...{ isNavigationRequest: () => false, redirectedFrom: () => null },
    ...{ frame: () => ({ page: () => page, parentFrame: () => null }) },
    ...own,
  });
  const start = () => {
    const context = new EventEmitter();
    return { context, records: new PageRecords(context as unknown as BrowserContext) };
  };

  test("keeps 2000 requests, and counts those after them, also of the last step", () => {
    const { context, records } = start();
    for (let count = 0; count < 1_990; count += 1) context.emit("request", request(`/${count}`));
    records.beginStep("click");
    for (let count = 0; count < 5; count += 1) context.emit("request", request(`/at/${count}`));
    records.beginStep("expect");
    for (let count = 0; count < 25; count += 1) context.emit("request", request(`/more/${count}`));
    expect(records.requests("attempt")).toMatchObject({ dropped: 20, items: { length: 2_000 } });
    expect(records.requests("step")).toMatchObject({ dropped: 20, items: { length: 10 } });
  });

  test("keeps bodies of 64 KiB, and 16 MiB of them in all", () => {
    const { context, records } = start();
    const body = (length: number) => ({ postDataBuffer: () => Buffer.alloc(length, "x") });
    context.emit("request", request("/a", body(64 * 1024)));
    context.emit("request", request("/b", body(64 * 1024 + 1)));
    for (let count = 0; count < 256; count += 1)
      context.emit("request", request("/c", body(64 * 1024)));
    context.emit("request", request("/d", { postDataBuffer: () => null }));
    const { items } = records.requests("attempt");
    expect(items[0]?.body).toHaveLength(64 * 1024);
    expect(items[1]?.bodyFault).toBe("its body of 65537 bytes is longer than 65536");
    expect(items.at(-2)?.bodyFault).toBe("the bodies before it have 16777216 bytes");
    expect(items.at(-1)?.bodyFault).toBe("the browser does not tell its body");
  });
});
