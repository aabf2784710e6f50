/** Which function performs which web step; no state of its own. */
import type { Step } from "#proto/step.ts";
import { pause } from "#shared/clock.ts";
import { unreachable } from "#shared/errors.ts";
import { StepError } from "../driver.ts";
import * as act from "./act.ts";
import { performAct } from "./acts/perform-act.ts";
import { evaluate } from "./evaluate.ts";
import { expectUrl } from "./expect.ts";
import { toPageLocator } from "./locate.ts";
import { goInHistory, goto, reload } from "./navigate.ts";
import { bounds, type Scene } from "./scene.ts";
import { submit } from "./submit.ts";
import { performTab } from "./tabs/tab-step.ts";

/** Steps that the session performs itself, as they touch its last response or its evidence. */
type SessionStep = Extract<
  Step,
  {
    kind: "screenshot" | "record" | "save" | "expect" | "request" | "graphql" | "ws" | "sse";
  }
>;
export type PageStep = Exclude<Step, SessionStep>;

/** Performs a step that needs only the page. */
export async function performOnPage(scene: Scene, step: PageStep): Promise<void> {
  switch (step.kind) {
    case "goto":
      return goto(scene, step);
    case "back":
    case "forward":
      return goInHistory(scene, step.kind);
    case "reload":
      return reload(scene);
    case "click":
      return act.click(scene, step);
    case "submit":
      return submit(scene, step);
    case "dblclick":
    case "hover":
    case "check":
    case "uncheck":
      return act.actOn(scene, step);
    case "fill":
      return act.fill(scene, step);
    case "type":
      return act.typeKeys(scene, step);
    case "press":
      return act.press(scene, step);
    case "select":
      return act.select(scene, step);
    case "upload":
      return act.upload(scene, step);
    case "scroll":
      return act.scroll(scene, step);
    case "wait":
      return wait(scene, step);
    case "eval":
      return evaluate(scene, step);
    case "tab":
      return performTab(scene, step);
    case "dialog":
      return scene.dialogs.prepare(step, scene.context);
    case "download":
      return scene.downloads.perform(scene, step);
    case "geolocation":
    case "permissions":
    case "network":
    case "emulate":
    case "viewport":
    case "cookies":
    case "storage":
    case "route":
    case "unroute":
      return scene.surroundings.perform(scene, step);
    default:
      return performAct(scene, step);
  }
}

type WaitStep = Extract<Step, { kind: "wait" }>;

async function wait(scene: Scene, step: WaitStep): Promise<void> {
  const target = step.for;
  switch (target.kind) {
    case "time":
      return target.ms > 0 ? pause(scene.clock, target.ms, scene.signal) : undefined;
    case "locator":
      return toPageLocator(scene.page, target.locator).waitFor({
        state: target.state,
        ...bounds(scene),
      });
    case "text": {
      const shown = scene.page.getByText(target.text).filter({ visible: true }).first();
      return shown.waitFor({ state: "visible", ...bounds(scene) });
    }
    case "url": {
      const missed = await expectUrl(scene, target.matcher);
      if (missed !== undefined) throw new StepError("failed", "timeout", missed);
      return undefined;
    }
    default:
      return unreachable(target);
  }
}
