/**
 * What an attempt leaves of its page at its end, as the policy wants it: a picture, what the page said and could not load,
 * and its DOM. After the first failure (`attachFailure`), or at the end of one that passed (`attachFinal`).
 */
import type { Page } from "playwright-core";
import type { EvidencePolicy, EvidenceWhen } from "#proto/evidence.ts";
import type { Clock } from "#shared/clock.ts";
import { messageOf } from "#shared/errors.ts";
import type { SessionOptions } from "../driver.ts";
import { takeDom } from "./dom.ts";
import { namePicture } from "./file-names.ts";
import type { PageLog } from "./page-log.ts";
import { learnPasswords } from "./passwords.ts";
import { attachPicture } from "./picture-files.ts";
import { plainMessage } from "./playwright-error.ts";

export type EvidenceSources = {
  readonly page: Page;
  readonly log: PageLog;
  readonly options: SessionOptions;
  readonly clock: Clock;
};

/** Attaches what is kept of a failed attempt; what cannot be had is missing, with its reason. Never throws. */
export function attachFailure(sources: EvidenceSources, signal: AbortSignal): Promise<void> {
  return attachWhere(sources, { picture: "failure", signal, isKept: (when) => when !== "off" });
}

/** Attaches what the policy keeps of every attempt; what cannot be had is missing, with its reason. Never throws. */
export function attachFinal(sources: EvidenceSources, signal: AbortSignal): Promise<void> {
  return attachWhere(sources, { picture: "final", signal, isKept: (when) => when === "on" });
}

type Choice = {
  readonly picture: string;
  readonly signal: AbortSignal;
  readonly isKept: (when: EvidenceWhen) => boolean;
};

async function attachWhere(sources: EvidenceSources, choice: Choice): Promise<void> {
  const { log, options } = sources;
  const wants = (part: keyof EvidencePolicy) => choice.isKept(options.evidence[part]);
  const isAny = wants("screenshots") || wants("dom") || wants("console");
  if (isAny) await learnPasswords(sources.page, options.redactor, sources.clock);
  if (wants("screenshots")) await attachLastPicture(sources, choice);
  if (wants("dom")) await attachDom(sources, choice.signal);
  if (!wants("console")) return;
  attachText(options, { name: "console.txt", kind: "console", text: log.consoleText() });
  attachText(options, { name: "network.json", kind: "network", text: log.networkText() ?? "" });
}

async function attachDom({ page, options }: EvidenceSources, signal: AbortSignal): Promise<void> {
  try {
    const text = await takeDom(page, { redactor: options.redactor, signal });
    attachText(options, { name: "dom.html", kind: "dom", text });
  } catch (thrown) {
    const reason = `Not taken: ${plainMessage(messageOf(thrown))}`;
    options.miss({ name: "dom.html", kind: "dom", reason: options.redactor.text(reason) });
  }
}

async function attachLastPicture(
  { page, options, clock }: EvidenceSources,
  choice: Choice,
): Promise<void> {
  const place = { page, options, clock, signal: choice.signal };
  await attachPicture(place, { name: choice.picture }).catch((thrown: unknown) => {
    const reason = `Not taken: ${plainMessage(messageOf(thrown))}`;
    const { name } = namePicture(choice.picture, options.web.picture.format);
    options.miss({ name, kind: "screenshot", reason: options.redactor.text(reason) });
  });
}

type TextFile = {
  readonly name: string;
  readonly kind: "console" | "network" | "dom";
  readonly text: string;
};

function attachText(options: SessionOptions, file: TextFile): void {
  if (file.text === "") return;
  const bytes = new TextEncoder().encode(options.redactor.text(file.text));
  options.attach({ name: file.name, kind: file.kind, bytes });
}
