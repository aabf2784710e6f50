/** The `eval` step: JavaScript in the page, its value as JSON. */
import type { Frame, Page } from "playwright-core";
import type { Json } from "#proto/matcher.ts";
import type { Step } from "#proto/step.ts";
import { messageOf } from "#shared/errors.ts";
import { StepError } from "../driver.ts";
import { describeLocator, toPageLocator } from "./locate.ts";
import { plainMessage } from "./playwright-error.ts";
import { bounds, type Scene } from "./scene.ts";

/** A page may make values that no node could hold. */
const SAVED_LENGTH_MAX = 1024 * 1024;

type EvalStep = Extract<Step, { kind: "eval" }>;

/**
 * Evaluates an expression, waits for its promise, and saves its value when a key is given.
 *
 * @throws {StepError} `eval` when it throws, rejects, or its value cannot be saved as JSON.
 */
export async function evaluate(scene: Scene, step: EvalStep): Promise<void> {
  let text: unknown;
  const frame = await frameOf(scene, step);
  try {
    text = await frame.evaluate(toScript(step));
  } catch (thrown) {
    const reason = plainMessage(messageOf(thrown));
    throw new StepError("failed", "eval", `The script failed: ${reason}`);
  }
  if (step.save === undefined) return;
  scene.context.save(step.save, typeof text === "string" ? (JSON.parse(text) as Json) : null);
}

/** Where it runs. @throws {StepError} `eval` for an element that is no frame. */
async function frameOf(scene: Scene, { frame }: EvalStep): Promise<Page | Frame> {
  if (frame === undefined) return scene.page;
  const element = await toPageLocator(scene.page, frame).elementHandle(bounds(scene));
  const found = await element?.contentFrame();
  if (found) return found;
  throw new StepError(
    "failed",
    "eval",
    `Cannot look into ${describeLocator(frame)}: it is no frame`,
  );
}

/** Wrapped, so that `{ a: 1 }` is an object and `await` may be used; statements are left as they are. */
function toScript(step: EvalStep): string {
  const after =
    step.save === undefined
      ? "return undefined;"
      : `const text = value === undefined ? undefined : JSON.stringify(value); if (text?.length > ${SAVED_LENGTH_MAX}) throw new Error('its value has more than ${SAVED_LENGTH_MAX} characters as JSON'); return text;`;
  const call = "if (typeof value === 'function') value = await value();";
  const expression = isExpression(step.js)
    ? `(${step.js}\n)`
    : `globalThis.eval(${JSON.stringify(step.js)})`;
  return `(async () => { let value = await ${expression}; ${call} ${after} })()`;
}

/** Parses without running: the Function constructor only compiles. */
function isExpression(js: string): boolean {
  try {
    new Function(`return async () => (${js}\n)`);
    return true;
  } catch {
    // The one way in which it throws here: the text is no expression.
    return false;
  }
}
