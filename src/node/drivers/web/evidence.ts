/** The files that a web attempt leaves: pictures by name, and after a failure what the page said and could not load. */
import type { Page } from "playwright-core";
import { messageOf } from "#shared/errors.ts";
import type { SessionOptions } from "../driver.ts";
import { takePicture } from "./mask.ts";
import type { PageLog } from "./page-log.ts";
import { plainMessage } from "./playwright-error.ts";

/** Gives each file of an attempt a name of its own: `cart.png`, then `cart-2.png`. */
export type NameTaker = (wanted: string) => string;

export type EvidenceSources = {
  readonly page: Page;
  readonly log: PageLog;
  readonly options: SessionOptions;
  readonly takeName: NameTaker;
};

const NAME_CHARACTERS_MAX = 200;

/** Makes a name taker that begins with no name taken. */
export function createNameTaker(): NameTaker {
  const taken = new Set<string>();
  return (wanted) => {
    const base =
      wanted
        .replace(/\.png$/i, "")
        .replace(/[^\p{L}\p{N}._-]+/gu, "-")
        .slice(0, NAME_CHARACTERS_MAX) || "screenshot";
    let name = `${base}.png`;
    for (let count = 2; taken.has(name); count += 1) name = `${base}-${count}.png`;
    taken.add(name);
    return name;
  };
}

/** Attaches picture, console and failed requests; what cannot be had is a warning. Never throws. */
export async function attachFailure(sources: EvidenceSources, signal: AbortSignal): Promise<void> {
  const { log, options } = sources;
  await attachPicture(sources, signal).catch((thrown: unknown) => {
    options.warn(
      options.redactor.text(`Cannot take failure.png: ${plainMessage(messageOf(thrown))}`),
    );
  });
  attachText(sources, { name: "console.txt", kind: "console", text: log.consoleText() });
  attachText(sources, { name: "network.json", kind: "network", text: log.networkText() ?? "" });
}

async function attachPicture(sources: EvidenceSources, signal: AbortSignal): Promise<void> {
  const { page, options, takeName } = sources;
  const bytes = await takePicture(page, { redactor: options.redactor, signal });
  options.attach({ name: takeName("failure"), kind: "screenshot", bytes });
}

type TextFile = {
  readonly name: string;
  readonly kind: "console" | "network";
  readonly text: string;
};

function attachText({ options }: EvidenceSources, file: TextFile): void {
  if (file.text === "") return;
  const bytes = new TextEncoder().encode(options.redactor.text(file.text));
  options.attach({ name: file.name, kind: file.kind, bytes });
}
