/** Which file judges which demand on a page as a whole. */
import type { Demand, Subject } from "#proto/steps/subject.ts";
import { unreachable } from "#shared/errors.ts";
import type { Scene } from "../scene.ts";
import { checkAccessibility } from "./accessibility.ts";
import { checkAria } from "./aria-tree.ts";
import { checkConsole } from "./console-messages.ts";
import { checkLooks } from "./looks.ts";
import { checkRequests } from "./requests.ts";
import { checkSpeed } from "./speed.ts";

const KINDS = ["screenshot", "a11y", "aria", "requests", "console", "performance"] as const;
type PageSubject = Extract<Subject, { of: (typeof KINDS)[number] }>;

/** True for what is judged of the page as a whole. */
export function isOfWholePage(subject: Subject): subject is PageSubject {
  return KINDS.some((kind) => kind === subject.of);
}

/**
 * Waits until a demand on the page as a whole is met; the text of its failure, or undefined.
 *
 * @throws {StepError} `no_baseline`; `screenshot` when a picture may show a secret.
 */
export function checkPage(
  scene: Scene,
  subject: PageSubject,
  matcher: Demand["matcher"],
): Promise<string | undefined> {
  switch (subject.of) {
    case "screenshot":
      return checkLooks(scene, subject);
    case "a11y":
      return checkAccessibility(scene, subject);
    case "aria":
      return checkAria(scene, subject);
    case "requests":
      return checkRequests(scene, subject, matcher);
    case "console":
      return checkConsole(scene, subject, matcher);
    case "performance":
      return checkSpeed(scene, subject, matcher);
    default:
      return unreachable(subject);
  }
}
