/** Which function performs which step of pointer, keys, touch and clipboard; no state of its own. */
import type { Step } from "#proto/step.ts";
import { unreachable } from "#shared/errors.ts";
import { StepError } from "../../driver.ts";
import { pointing } from "../act.ts";
import { describeLocator, toPageLocator } from "../locate.ts";
import { bounds, type Scene } from "../scene.ts";
import { useClipboard } from "./clipboard.ts";
import { holdKey } from "./keys.ts";
import { drag, drop, mouse, wheel } from "./pointer.ts";

/** Steps of this folder. */
export type ActStep = Extract<
  Step,
  {
    kind:
      | "tap"
      | "focus"
      | "blur"
      | "clear"
      | "selectText"
      | "drag"
      | "drop"
      | "keyDown"
      | "keyUp"
      | "wheel"
      | "mouse"
      | "clipboard";
  }
>;

/** Performs one of them. */
export async function performAct(scene: Scene, step: ActStep): Promise<void> {
  switch (step.kind) {
    case "tap":
      return tap(scene, step);
    case "focus":
    case "blur":
    case "clear":
    case "selectText":
      return toPageLocator(scene.page, step.locator)[step.kind](bounds(scene));
    case "drag":
      return drag(scene, step);
    case "drop":
      return drop(scene, step);
    case "keyDown":
    case "keyUp":
      return holdKey(scene, step);
    case "wheel":
      return wheel(scene, step);
    case "mouse":
      return mouse(scene, step);
    case "clipboard":
      return useClipboard(scene, step);
    default:
      return unreachable(step);
  }
}

/** @throws {StepError} `tap` where the page has no touch: Playwright would say so in words of its own interface. */
async function tap(scene: Scene, step: Extract<Step, { kind: "tap" }>): Promise<void> {
  const { web, viewport } = scene.options;
  if (!(web.device?.hasTouch ?? viewport.touch)) {
    const fix = "the test's viewport or device has no touch (viewport: phone has it)";
    const text = `Cannot tap ${describeLocator(step.locator)}: ${fix}`;
    throw new StepError("failed", "tap", text);
  }
  const options = { ...bounds(scene), ...pointing(step) };
  return toPageLocator(scene.page, step.locator).tap(options);
}
