/**
 * Steps of the pointer beyond a click. Playwright's mouse knows no signal: each of its calls is one small move, and none is
 * made after the step has ended; a button that a drag holds is let go of then.
 */
import type { Page } from "playwright-core";
import type { Step } from "#proto/step.ts";
import { StepError } from "../../driver.ts";
import { describeLocator, toPageLocator } from "../locate.ts";
import { bounds, type Scene } from "../scene.ts";

type Of<K extends Step["kind"]> = Extract<Step, { kind: K }>;

/** Pages that follow the pointer want to see it on its way. */
const DRAG_MOVES = 8;

/** Drags an element onto another one, or by an offset. Pages that listen to drag events get them as from a person. */
export async function drag(scene: Scene, { from, to }: Of<"drag">): Promise<void> {
  const source = toPageLocator(scene.page, from);
  if (to.kind === "locator") {
    const target = toPageLocator(scene.page, to.locator);
    // Playwright would wait for it with the button held.
    await target.waitFor({ state: "visible", ...bounds(scene) });
    await source.dragTo(target, { ...bounds(scene), steps: DRAG_MOVES }).catch(async (thrown) => {
      await letGo(scene.page);
      throw thrown;
    });
    return;
  }
  await source.hover(bounds(scene));
  const box = await source.boundingBox(bounds(scene));
  if (box === null) {
    const text = `Cannot drag ${describeLocator(from)}: it takes no room on the page`;
    throw new StepError("failed", "drag", text);
  }
  const start = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  const { mouse: pointer } = scene.page;
  scene.signal.throwIfAborted();
  await pointer.down();
  try {
    for (let move = 1; move <= DRAG_MOVES; move += 1) {
      scene.signal.throwIfAborted();
      const share = move / DRAG_MOVES;
      await pointer.move(start.x + to.x * share, start.y + to.y * share);
    }
  } finally {
    await letGo(scene.page);
  }
}

/** No button stays down for the steps after; a page that is gone holds none. */
const letGo = (page: Page): Promise<void> => page.mouse.up().catch(() => undefined);

/** Drops files of the suite, or texts, onto an element, as if they came from elsewhere. */
export function drop(scene: Scene, step: Of<"drop">): Promise<void> {
  const files = step.files.map((file) => scene.options.resolveFile(file));
  const payload = {
    ...(files.length === 0 ? {} : { files }),
    ...(Object.keys(step.data).length === 0 ? {} : { data: step.data }),
  };
  return toPageLocator(scene.page, step.locator).drop(payload, bounds(scene));
}

/** Turns the wheel where the pointer is, or over an element. */
export async function wheel(scene: Scene, { locator, x, y }: Of<"wheel">): Promise<void> {
  if (locator !== undefined) await toPageLocator(scene.page, locator).hover(bounds(scene));
  scene.signal.throwIfAborted();
  await scene.page.mouse.wheel(x, y);
}

/** Moves the pointer, presses a button or lets go of it. */
export async function mouse(scene: Scene, step: Of<"mouse">): Promise<void> {
  if (step.at !== undefined) await moveTo(scene, step.at);
  scene.signal.throwIfAborted();
  const { mouse: pointer } = scene.page;
  const options = step.button === undefined ? {} : { button: step.button };
  if (step.action === "down") await pointer.down(options);
  if (step.action === "up") await pointer.up(options);
}

async function moveTo(scene: Scene, at: NonNullable<Of<"mouse">["at"]>): Promise<void> {
  if (at.kind === "point") return movePointer(scene.page, at);
  // What is dragged may cover it.
  await toPageLocator(scene.page, at.locator).hover({ ...bounds(scene), force: true });
}

const movePointer = (page: Page, { x, y }: { readonly x: number; readonly y: number }) =>
  page.mouse.move(x, y);
