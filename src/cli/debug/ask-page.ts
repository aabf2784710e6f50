/** What a person asks of the page where an attempt stands: each question is answered in words, within a bound. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Standing } from "#node/attempts/gate.ts";
import type { Inspector } from "#node/drivers/driver.ts";
import { type Clock, pause } from "#shared/clock.ts";
import { messageOf } from "#shared/errors.ts";
import { readTypedLocator } from "#suite/native/read-locator.ts";
import type { DebugCommand } from "./command.ts";

export type Question = Extract<
  DebugCommand,
  { readonly kind: "url" | "try" | "eval" | "screenshot" }
>;

export type PagePlaces = {
  /** Where pictures go, absolute; made with the first one. */
  readonly picturesDir: string;
  /** The short form of a path for people. */
  readonly shown: (path: string) => string;
  readonly clock: Clock;
};

/** Asks; what cannot be answered is an answer, too. */
export type AskPage = (question: Question, at: Standing) => Promise<string>;

const ANSWER_MS_MAX = 30_000;
const NAME_LENGTH_MAX = 60;

/** Makes what asks; it counts its pictures. */
export function createAskPage({ picturesDir, shown, clock }: PagePlaces): AskPage {
  let pictureCount = 0;
  const save = (bytes: Uint8Array, name: string): string => {
    pictureCount += 1;
    const safe = name.replaceAll(/[^\w.-]+/g, "-").slice(0, NAME_LENGTH_MAX);
    const path = join(picturesDir, `${pictureCount}-${safe === "" ? "page" : safe}.png`);
    mkdirSync(picturesDir, { recursive: true });
    writeFileSync(path, bytes);
    return `picture: ${shown(path)}`;
  };
  return async (question, at) => {
    const inspector = at.session.inspect?.();
    if (inspector === undefined) return `a ${at.definition.platform} test has no page to look at`;
    const done = new AbortController();
    const late = pause(clock, ANSWER_MS_MAX, done.signal).then(() => {
      throw new Error(`the page did not answer within ${ANSWER_MS_MAX / 1_000} s`);
    });
    try {
      const asking = { question, inspector, signal: done.signal };
      return await Promise.race([answerOf(asking, save), late]);
    } catch (thrown) {
      return `cannot: ${messageOf(thrown)}`;
    } finally {
      // The race has seen its rejection.
      done.abort();
    }
  };
}

type Asking = {
  readonly question: Question;
  readonly inspector: Inspector;
  readonly signal: AbortSignal;
};

type Save = (bytes: Uint8Array, name: string) => string;

async function answerOf({ question, inspector, signal }: Asking, save: Save): Promise<string> {
  switch (question.kind) {
    case "url":
      return inspector.url();
    case "eval":
      return inspector.evaluate(question.text);
    case "screenshot":
      return save(await inspector.picture(signal), question.name);
    case "try": {
      const typed = readTypedLocator(question.text);
      if (typed.kind === "refused") return typed.reason;
      const { count, elements, picture } = await inspector.find(typed.locator, signal);
      const more = count > elements.length ? [`  … and ${count - elements.length} more`] : [];
      const head = `${count} element${count === 1 ? " matches" : "s match"}`;
      const place = picture === undefined ? [] : [save(picture, "try")];
      return [head, ...elements.map((one) => `  ${one}`), ...more, ...place].join("\n");
    }
  }
}
