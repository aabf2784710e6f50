/** Live pictures of a page: the first, the last before a rest, and no more than it needs. */
import { type Browser, type CDPSession, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { waitUntil } from "#kit/wait-until.ts";
import { pause, systemClock } from "#shared/clock.ts";
import { startScreencast } from "../../src/node/drivers/web/films/screencast.ts";
import { findBrowser } from "../../src/node/drivers/web/find-browser.ts";

const BURSTS = 16;
/** Twice what the screencast waits for before it takes a rest for one and brings the page anew. */
const REST_MS = 400;

let browser: Browser;
let page: Page;
let control: CDPSession;

beforeAll(async () => {
  browser = await chromium.launch({ executablePath: findBrowser({}) ?? "" });
  page = await browser.newPage({ viewport: { width: 320, height: 240 } });
  control = await page.context().newCDPSession(page);
});
afterAll(() => browser.close());

type Picture = { readonly jpeg: Uint8Array; readonly atMs: number };

async function cast(act: (pictures: readonly Picture[]) => Promise<void>): Promise<void> {
  const pictures: Picture[] = [];
  const screencast = await startScreencast({
    control,
    size: { width: 320, height: 240 },
    clock: systemClock,
    onPicture: (jpeg, atMs) => pictures.push({ jpeg, atMs }),
  });
  try {
    await act(pictures);
  } finally {
    await screencast.stop();
  }
}

test("a still page has its picture, and is not brought anew again and again", () =>
  cast(async (pictures) => {
    await waitUntil(() => pictures.length > 0, { what: "the first picture" });
    // A browser that is busy still may show its first paint in more pictures than one: they end.
    const isAtRest = async () => {
      const { length } = pictures;
      await pause(systemClock, REST_MS);
      return pictures.length === length;
    };
    await waitUntil(isAtRest, { what: "a rest of a page that does not change" });
  }));

test("after a burst of changes the last one is there, however long the burst was", () =>
  cast(async (pictures) => {
    for (let frames = 1; frames <= BURSTS; frames += 1) {
      const colour = frames % 2 === 0 ? "rgb(0, 0, 255)" : "rgb(255, 0, 0)";
      await page.evaluate(burst, { frames, colour });
      const isThere = async () => (await colourOf(pictures.at(-1))) === colour;
      await waitUntil(isThere, { what: `the last of ${frames} frames` });
    }
  }));

test("pictures carry the time at which the page looked so", () =>
  cast(async (pictures) => {
    const beforeMs = systemClock.monotonicMs();
    await page.evaluate(burst, { frames: 1, colour: "rgb(0, 255, 0)" });
    const isThere = async () => (await colourOf(pictures.at(-1))) === "rgb(0, 255, 0)";
    await waitUntil(isThere, { what: "the change" });
    expect(pictures.at(-1)?.atMs).toBeGreaterThan(beforeMs - 20);
    expect(pictures.at(-1)?.atMs).toBeLessThan(systemClock.monotonicMs());
  }));

/** Runs in the page: shows so many colours, one a frame, the last of them for good. */
async function burst({ frames, colour }: { frames: number; colour: string }): Promise<void> {
  for (let frame = 0; frame < frames; frame += 1) {
    document.documentElement.style.background = frame % 2 === 0 ? "yellow" : "grey";
    await new Promise(requestAnimationFrame);
  }
  document.documentElement.style.background = colour;
}

/** The colour of a picture's middle, as `rgb()`, to the nearest full tone; another page decodes it. */
async function colourOf(picture: Picture | undefined): Promise<string> {
  if (picture === undefined) return "no picture yet";
  const url = `data:image/jpeg;base64,${Buffer.from(picture.jpeg).toString("base64")}`;
  const decoder = browser.contexts().at(1)?.pages().at(0) ?? (await browser.newPage());
  return decoder.evaluate(async (source) => {
    const image = new Image();
    image.src = source;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
    canvas?.drawImage(image, 0, 0);
    const data = canvas?.getImageData(image.width / 2, image.height / 2, 1, 1).data ?? [];
    return `rgb(${[...data]
      .slice(0, 3)
      .map((part) => (part > 127 ? 255 : 0))
      .join(", ")})`;
  }, url);
}
