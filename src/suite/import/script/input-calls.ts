/** Calls of a page's keyboard, mouse and touchscreen. */
import type { Entries } from "../imported.ts";
import { Untranslated } from "../untranslated.ts";
import { act, pressOnPage } from "./act-calls.ts";
import type { PageCall } from "./page-call.ts";
import { switchTo } from "./tabs.ts";
import { entriesIn, jsonIn, NOTHING, textIn, type Value } from "./values.ts";
import type { Walk } from "./walk.ts";

/** Records what a call of the keyboard or the mouse does. @throws {Untranslated} */
export function callInput(walk: Walk, part: "keyboard" | "mouse", call: PageCall): Value {
  return part === "keyboard" ? callKeyboard(walk, call) : callMouse(walk, call);
}

function callKeyboard(walk: Walk, { name, args, tab, at }: PageCall): Value {
  switch (name) {
    case "press":
      pressOnPage(walk, textIn(args[0], "the key"), { tab, at });
      return NOTHING;
    case "down":
    case "up":
      switchTo(walk, tab);
      walk.recorder.step({ [name === "down" ? "keyDown" : "keyUp"]: textIn(args[0], "the key") });
      return NOTHING;
    case "type":
    case "insertText":
      return act(walk, { name: "type", words: { css: ":focus" }, tab, args, at });
    default:
      throw new Untranslated(`a suite has no step for page.keyboard.${name}()`);
  }
}

function callMouse(walk: Walk, { name, args, tab }: PageCall): Value {
  switchTo(walk, tab);
  const button = entriesIn(args.at(-1)).get("button");
  const pressed = button === undefined ? "left" : textIn(button, "the button");
  const step = (mouse: Entries): void => walk.recorder.step({ mouse });
  switch (name) {
    case "move":
      step({ move: pointIn(args) });
      return NOTHING;
    case "down":
    case "up":
      step({ [name]: pressed });
      return NOTHING;
    case "wheel":
      walk.recorder.step({ wheel: pointIn(args) });
      return NOTHING;
    case "click":
    case "dblclick":
      for (let count = 0; count < (name === "click" ? 1 : 2); count += 1) {
        step({ down: pressed, at: pointIn(args) });
        step({ up: pressed });
      }
      return NOTHING;
    default:
      throw new Untranslated(`a suite has no step for page.mouse.${name}()`);
  }
}

function pointIn(args: readonly Value[]): Entries {
  return { x: jsonIn(args[0] ?? NOTHING, "x"), y: jsonIn(args[1] ?? NOTHING, "y") };
}
