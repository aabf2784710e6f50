/** Pictures beside their baselines, in real Chromium: what differs fails with its pictures, masks hide, baselines are made only when told to. */
import { PNG } from "pngjs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Baselines, DriverSlot, Evidence } from "../../src/node/drivers/driver.ts";
import { createWebDriver } from "../../src/node/drivers/web/driver.ts";
import { css, openOn, type Played, type Site, serve } from "./stage.ts";
import { check } from "./web-site.ts";

/** 800 × 600 pixels: 80 × 60 of them are 1 %. */
const PAGE = `<!doctype html><title>Looks</title><style>
body { margin: 0; background: #fff } p { margin: 20px; font: 20px sans-serif }
#box { position: absolute; left: 400px; top: 300px; width: 80px; height: 60px; background: var(--box, #fff) }
#spin { width: 30px; height: 30px; background: navy; animation: go 1s infinite linear } @keyframes go { to { transform: translateX(500px) } }
input { caret-color: red }</style><p>Some words that stay</p><div id=spin></div><input id=field autofocus><div id=box></div>
<script>const q = new URLSearchParams(location.search); if (q.has("box")) box.style.background = q.get("box");
if (q.has("late")) setTimeout(() => { box.style.background = "#fff" }, 400);
if (q.has("noise")) setInterval(() => { box.style.background = "#" + Math.random().toString(16).slice(2, 8) }, 20)</script>`;

let site: Site;
let slot: DriverSlot;
const kept = new Map<string, Uint8Array>();

beforeAll(async () => {
  site = await serve({ "/": PAGE });
  slot = createWebDriver({}).createSlot();
  await playOn({ path: "/", isUpdating: true }, async ({ play, evidence, warnings }) => {
    await play(looks("page"));
    await play(looks("box", { locator: css("#box") }));
    await play(looks("masked", { mask: [css("#box")] }));
    for (const { name, kind, bytes } of evidence)
      if (kind === "baseline") kept.set(name.replace(".baseline.png", ""), bytes);
    expect(warnings).toContain('Made the baseline "page"');
  });
});
afterAll(async () => {
  await slot.close();
  await site.close();
});

const looks = (name: string, more: object = {}) => check({ of: "screenshot", name, ...more });

type Playing = {
  readonly path: string;
  readonly isUpdating?: boolean;
  readonly secrets?: Record<string, string>;
};

/** A node's own book of them: what an attempt makes is its own until the gateway has it. */
function baselinesOf(isUpdating: boolean): Baselines {
  const made = new Map<string, Uint8Array>();
  return {
    isUpdating,
    read: async (name) => {
      const bytes = made.get(name) ?? kept.get(name);
      return bytes && { bytes, isOfAttempt: made.has(name) };
    },
    learn: (name, bytes) => void made.set(name, bytes),
  };
}

async function playOn(
  { path, isUpdating = false, secrets = {} }: Playing,
  act: (played: Played) => Promise<void>,
): Promise<void> {
  const played = await openOn(slot, {
    ...{ baseUrl: site.url, secrets, baselines: baselinesOf(isUpdating) },
  });
  try {
    await played.play({ kind: "goto", url: path });
    await act(played);
  } finally {
    await played.close();
  }
}

const namesOf = (evidence: readonly Evidence[]) => evidence.map(({ name }) => name);

test("holds for what looks the same, in another browser context, while it moves and blinks", () =>
  playOn({ path: "/" }, async ({ play, evidence }) => {
    await play(looks("page"));
    await play(looks("box", { locator: css("#box") }));
    expect(evidence).toEqual([]);
  }));

test("a change of 1 % fails with all three pictures, until it is masked or allowed", () =>
  playOn({ path: "/?box=%23eee" }, async ({ play, failed, evidence }) => {
    const error = await failed(looks("page"), 3_000);
    expect(error).toMatchObject({ code: "expect" });
    expect(error.message).toMatch(
      /^Expected the screenshot "page" to look as its baseline, but 4800 pixels differ \(1 %, at most 0.2 %\): see page-diff.png, tried for \d+ ms; if it is right as it is: run --update-baselines$/,
    );
    expect(namesOf(evidence)).toEqual(["page-expected.png", "page-actual.png", "page-diff.png"]);
    const diff = PNG.sync.read(Buffer.from(evidence[2]?.bytes ?? []));
    const isRed = (x: number, y: number) =>
      [...diff.data.subarray((y * 800 + x) * 4, (y * 800 + x) * 4 + 3)].join() === "255,0,0";
    expect([isRed(401, 301), isRed(479, 359), isRed(399, 300), isRed(480, 360)]).toEqual([
      true,
      true,
      false,
      false,
    ]);
    await play(looks("masked", { mask: [css("#box")] }));
    await play(looks("page", { maxDiffRatio: 0.0101 }));
    await play(looks("page", { maxDiffPixels: 4_800 }));
    await play(looks("page", { threshold: 0.2 }));
  }));

test("waits for what comes late", () =>
  playOn({ path: "/?box=red&late" }, ({ play }) => play(looks("page"))));

test("names both sizes when they differ", () =>
  playOn({ path: "/" }, async ({ play, failed, evidence }) => {
    await play({ kind: "eval", js: "box.style.width = '81px'" });
    const error = await failed(looks("box", { locator: css("#box") }), 3_000);
    expect(error.message).toContain("it is 81 × 60 pixels instead of 80 × 60");
    expect(namesOf(evidence)).toEqual(["box-expected.png", "box-actual.png"]);
  }));

test("without a baseline it fails, and says how to accept the picture", () =>
  playOn({ path: "/" }, async ({ failed, evidence }) => {
    const error = await failed(looks("new"), 3_000);
    expect(error).toMatchObject({ code: "no_baseline", outcome: "failed" });
    expect(error.message).toMatch(
      /^There is no baseline "new" .*: look at new-actual.png, and accept it by run --update-baselines$/,
    );
    expect(namesOf(evidence)).toEqual(["new-actual.png"]);
  }));

test("makes only what differs, never of what does not stand still, never two of one name", () =>
  playOn({ path: "/?box=red", isUpdating: true }, async ({ play, failed, evidence, warnings }) => {
    await play(looks("masked", { mask: [css("#box")] }));
    expect(evidence).toEqual([]);
    await play(looks("page"));
    expect(evidence.map(({ name, kind }) => [name, kind])).toEqual([
      ["page.baseline.png", "baseline"],
    ]);
    expect(warnings).toEqual(['Changed the baseline "page"']);
    await play({ kind: "eval", js: "box.style.background = 'blue'" });
    const twice = await failed(looks("page"), 3_000);
    expect(twice.message).toContain("this test takes two pictures of that name, which differ");
    await play({ kind: "goto", url: "/?noise" });
    const noise = await failed(looks("noise"), 1_200);
    expect(noise.message).toContain(
      'Cannot make the baseline "noise": the page does not stand still',
    );
  }));

test("a secret on the page is covered before it is compared", () =>
  playOn(
    { path: "/", secrets: { PIN: "one-two-three" }, isUpdating: true },
    async ({ play, evidence }) => {
      await play({ kind: "eval", js: "document.querySelector('p').textContent = 'one-two-three'" });
      await play(looks("secret"));
      const shown = PNG.sync.read(Buffer.from(evidence.at(-1)?.bytes ?? []));
      const at = (30 * 800 + 30) * 4;
      expect([...shown.data.subarray(at, at + 3)]).toEqual([0x44, 0x44, 0x44]);
    },
  ));
