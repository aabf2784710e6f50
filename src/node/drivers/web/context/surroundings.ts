/** What an attempt's pages find around them, as steps change it: place, permissions, network, looks, size, storage, routes. */
import type { BrowserContext, Page } from "playwright-core";
import type { Step } from "#proto/step.ts";
import { unreachable } from "#shared/errors.ts";
import { StepError } from "../../driver.ts";
import type { Scene } from "../scene.ts";
import { type RouteParts, Routes } from "./routes.ts";
import { changeCookies, changeStorage } from "./stored.ts";
import { createNetwork, type Network } from "./throttle.ts";

type Of<K extends Step["kind"]> = Extract<Step, { kind: K }>;
export type SurroundingsStep = Of<
  | "geolocation"
  | "permissions"
  | "network"
  | "emulate"
  | "viewport"
  | "cookies"
  | "storage"
  | "route"
  | "unroute"
>;

type Looks = NonNullable<Parameters<Page["emulateMedia"]>[0]>;

export class Surroundings {
  readonly #parts: RouteParts;
  readonly network: Network;
  readonly routes: Routes;
  #looks: Looks | undefined;

  constructor(parts: RouteParts) {
    this.#parts = parts;
    this.network = createNetwork(parts.context);
    this.routes = new Routes(parts);
  }

  /** Performs one of its steps. @throws {StepError} */
  async perform(scene: Scene, step: SurroundingsStep): Promise<void> {
    const { context } = this.#parts;
    switch (step.kind) {
      case "geolocation":
        return moveTo(context, step);
      case "permissions":
        return permit(context, step);
      case "network":
        return this.network.set(step.to);
      case "emulate":
        return this.#emulate(step);
      case "viewport":
        return scene.page.setViewportSize({ width: step.width, height: step.height });
      case "cookies":
        return changeCookies(scene, step);
      case "storage":
        return changeStorage(scene, step);
      case "route":
        return this.routes.add(step);
      case "unroute":
        return this.routes.remove(step.name);
      default:
        return unreachable(step);
    }
  }

  /** A route that nothing has met was not what its author thought. */
  conclude(): void {
    const { redactor, warn } = this.#parts.options;
    for (const name of this.routes.idle())
      warn(redactor.text(`The route ${JSON.stringify(name)} was never hit`));
  }

  /** All pages, and those that open later. */
  async #emulate({ kind: _, ...wanted }: Of<"emulate">): Promise<void> {
    const { context } = this.#parts;
    const isFirst = this.#looks === undefined;
    const looks = { ...this.#looks, ...(wanted as Looks) };
    this.#looks = looks;
    // A popup that is gone by then needs no looks.
    if (isFirst)
      context.on(
        "page",
        (page) => void page.emulateMedia(this.#looks ?? {}).catch(() => undefined),
      );
    await Promise.all(context.pages().map((page) => page.emulateMedia(looks)));
  }
}

async function moveTo(context: BrowserContext, { to }: Of<"geolocation">): Promise<void> {
  if (to === "off") return context.setGeolocation(null);
  const { accuracy, ...place } = to;
  await context.grantPermissions(["geolocation"]);
  await context.setGeolocation({ ...place, ...(accuracy === undefined ? {} : { accuracy }) });
}

async function permit(context: BrowserContext, step: Of<"permissions">): Promise<void> {
  if (step.clear === true) await context.clearPermissions();
  if (step.grant === undefined) return;
  const { origin } = step;
  await context
    .grantPermissions(step.grant, origin === undefined ? {} : { origin })
    .catch((thrown: unknown) => {
      const words = String(thrown).includes("Unknown permission") ? "unsupported" : "permissions";
      const text = `Cannot grant ${step.grant?.join(", ")}: this browser does not (${String(thrown)})`;
      throw new StepError("failed", words, text);
    });
}
