/** Pictures of a page: formats, pixel sizes and names. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DriverSlot } from "../../src/node/drivers/driver.ts";
import { createWebDriver } from "../../src/node/drivers/web/driver.ts";
import { readPicture } from "./picture-size.ts";
import { css, openOn, type Played, type PlayOptions, type Site, serve } from "./stage.ts";

const LONG = `<body style="margin:0"><div id=box style="width:200px;height:100px;background:#0a0"></div>
<div style="height:2400px;background:linear-gradient(#fff,#00f)"></div></body>`;

let site: Site;
let slot: DriverSlot;

beforeAll(async () => {
  site = await serve({ "/": LONG, "/noise": noisePage() });
  slot = createWebDriver({}).createSlot();
});
afterAll(async () => {
  await slot.close();
  await site.close();
});

async function shoot(options: PlayOptions, steps: readonly object[]): Promise<Played> {
  const played = await openOn(slot, { baseUrl: site.url, ...options });
  await played.play({ kind: "goto", url: "/" });
  for (const step of steps) await played.play({ kind: "screenshot", ...step });
  await played.close();
  return played;
}

const namesOf = ({ evidence }: Played) => evidence.map((one) => one.name);
const factsOf = ({ evidence }: Played) => evidence.map((one) => readPicture(one.bytes));

describe("a screenshot step", () => {
  test("takes the viewport, the whole page or one element, in device pixels", async () => {
    const steps = [
      { name: "view" },
      { name: "whole", fullPage: true },
      { name: "box", locator: css("#box") },
    ];
    const plain = await shoot({}, steps);
    const format = "png";
    expect(factsOf(plain)).toEqual([
      { format, width: 800, height: 600 },
      { format, width: 800, height: 2500 },
      { format, width: 200, height: 100 },
    ]);
    expect(plain.evidence.map((one) => one.kind)).toEqual(steps.map(() => "screenshot"));
  });

  test("the name's ending decides the format, then the step, then the test", async () => {
    const web = { picture: { format: "jpeg", quality: 50 } } as const;
    const steps = [
      { name: "a.png", format: "jpeg" },
      { name: "b.jpg" },
      { name: "c.JPEG" },
      { name: "d" },
      { name: "e", format: "png" },
      { name: "f.webp" },
    ];
    const played = await shoot({ web }, steps);
    expect(namesOf(played)).toEqual(["a.png", "b.jpg", "c.JPEG", "d.jpg", "e.png", "f.webp.jpg"]);
    expect(factsOf(played).map((one) => one.format)).toEqual([
      ...["png", "jpeg", "jpeg", "jpeg", "png", "jpeg"],
    ]);
    expect(namesOf(await shoot({}, [{ name: "my cart (1) ü" }]))).toEqual(["my cart (1) ü.png"]);
  });

  test("a lower quality makes a smaller JPEG, the step's before the test's", async () => {
    const web = { picture: { format: "jpeg", quality: 90 } } as const;
    const played = await openOn(slot, { baseUrl: site.url, web });
    await played.play({ kind: "goto", url: "/noise" });
    await played.play({ kind: "screenshot", name: "fine" });
    await played.play({ kind: "screenshot", name: "coarse", quality: 10 });
    await played.close();
    const [fine, coarse] = played.evidence.map((one) => one.bytes.length);
    expect((fine ?? 0) / (coarse ?? 1)).toBeGreaterThan(3);
  });

  test("JPEG pictures of one element and of the whole page cover secrets too", async () => {
    const secrets = { S: "visible-words" };
    const played = await openOn(slot, { baseUrl: site.url, secrets });
    await played.play({ kind: "goto", url: "/" });
    const html = `<p id=word style="height:100px;font-size:60px">visible-words</p>`;
    await played.play({ kind: "eval", js: `document.body.innerHTML = ${JSON.stringify(html)}` });
    await played.play({ kind: "screenshot", name: "one.jpg", locator: css("#word") });
    await played.play({ kind: "screenshot", name: "whole.jpg", fullPage: true });
    const sizes = await Promise.all(played.evidence.map((one) => darkPixels(played, one.bytes)));
    await played.close();
    // The cover is a plain box: its darkness is the box's, not the letters'.
    for (const share of sizes) expect(share).toBeGreaterThan(0.1);
  });
});

describe("pictures at the end", () => {
  test("a failed attempt leaves one in the test's format, unless the policy is off", async () => {
    const web = { picture: { format: "jpeg", quality: 80 } } as const;
    expect(await endOf({ web }, "failed")).toEqual([["failure.jpg", "jpeg"]]);
    expect(await endOf({}, "failed")).toEqual([["failure.png", "png"]]);
    expect(await endOf({ evidence: { screenshots: "off" } }, "failed")).toEqual([]);
  });

  test("a passed attempt leaves one only when the policy is on", async () => {
    expect(await endOf({}, "passed")).toEqual([]);
    expect(await endOf({ evidence: { screenshots: "on" } }, "passed")).toEqual([
      ["final.png", "png"],
    ]);
  });
});

async function endOf(options: PlayOptions, status: "passed" | "failed"): Promise<string[][]> {
  const played = await openOn(slot, {
    ...options,
    baseUrl: site.url,
    evidence: { dom: "off", ...options.evidence },
  });
  await played.play({ kind: "goto", url: "/" });
  if (status === "failed") await played.session.collectEvidence(AbortSignal.timeout(10_000));
  await played.conclude(status);
  await played.close();
  return played.evidence.map((one) => [one.name, readPicture(one.bytes).format]);
}

/** The share of pixels of the cover's colour, give or take what JPEG makes of it; the browser decodes it. */
async function darkPixels(played: Played, jpeg: Uint8Array): Promise<number> {
  const url = `data:image/jpeg;base64,${Buffer.from(jpeg).toString("base64")}`;
  const js = `(async () => {
    const image = new Image(); image.src = ${JSON.stringify(url)}; await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
    canvas.drawImage(image, 0, 0);
    const { data } = canvas.getImageData(0, 0, image.width, image.height);
    let count = 0;
    for (let at = 0; at < data.length; at += 4) if (Math.abs(data[at] - 68) < 4) count += 1;
    return count / (data.length / 4);
  })()`;
  await played.play({ kind: "eval", js, save: "share" }, 10_000);
  return Number(played.saved["share"]);
}

/** A page whose picture is hard to compress. */
function noisePage(): string {
  return `<body style="margin:0"><canvas id=c width=800 height=600></canvas><script>
const context = c.getContext("2d"); const data = context.createImageData(800, 600); let seed = 1;
for (let at = 0; at < data.data.length; at += 1) { seed = (seed * 16807) % 2147483647; data.data[at] = seed % 256; }
context.putImageData(data, 0, 0);</script></body>`;
}
