/** Pictures as files: of a `screenshot` step, and of the page at the end. What may be seen on them is `mask.ts`'s. */
import type { Locator, Page } from "playwright-core";
import type { PictureFormat } from "#proto/evidence.ts";
import type { Clock } from "#shared/clock.ts";
import type { SessionOptions } from "../driver.ts";
import { namePicture } from "./file-names.ts";
import { takePicture } from "./mask.ts";

export type PictureAsk = {
  readonly name: string;
  readonly locator?: Locator | undefined;
  readonly fullPage?: boolean;
  readonly format?: PictureFormat | undefined;
  readonly quality?: number | undefined;
};

export type PicturePlace = {
  readonly page: Page;
  readonly options: SessionOptions;
  readonly signal: AbortSignal;
  readonly clock: Clock;
};

/** Takes a picture and hands it over. @throws {StepError} `screenshot` when it may show a secret. */
export async function attachPicture(place: PicturePlace, ask: PictureAsk): Promise<void> {
  const { redactor, web, attach } = place.options;
  const { name, format } = namePicture(redactor.text(ask.name), ask.format ?? web.picture.format);
  const bytes = await takePicture(place.page, {
    ...{ redactor, signal: place.signal, clock: place.clock, locator: ask.locator, format },
    fullPage: ask.fullPage ?? false,
    quality: ask.quality ?? web.picture.quality,
  });
  attach({ name, kind: "screenshot", bytes });
}
