/** Keys: chords one after the other, and keys that stay down. Playwright's keyboard knows no signal: each call is one key. */
import type { Step } from "#proto/step.ts";
import type { Scene } from "../scene.ts";
import { noteCopying } from "./clipboard.ts";

/** Presses keys and chords in order; none after the step has ended. */
export async function pressAll(
  scene: Scene,
  keys: readonly string[],
  press: (key: string) => Promise<void>,
): Promise<void> {
  for (const key of keys) {
    scene.signal.throwIfAborted();
    noteCopying(scene.page, key);
    await press(key);
  }
}

/** `keyDown`, `keyUp`. */
export function holdKey(
  { page }: Scene,
  step: Extract<Step, { kind: "keyDown" | "keyUp" }>,
): Promise<void> {
  if (step.kind === "keyUp") return page.keyboard.up(step.key);
  noteCopying(page, step.key);
  return page.keyboard.down(step.key);
}
