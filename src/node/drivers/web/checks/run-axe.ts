/**
 * Runs axe-core in a page and in each of its frames, as its parts are meant to be put together: a part a frame, and one
 * result of all parts. Its script comes by the browser's debugger, so that no policy of the page's (CSP) keeps it out, and
 * leaves one name behind that no page guesses.
 */
import { randomUUID } from "node:crypto";
import type { ElementHandle, Frame } from "playwright-core";
import type { Locator } from "#proto/matcher.ts";
import type { Accessibility } from "#proto/steps/page-checks.ts";
import { messageOf } from "#shared/errors.ts";
import { describeLocator, toPageLocator } from "../locate.ts";
import { plainMessage } from "../playwright-error.ts";
import type { Scene } from "../scene.ts";
import { finishParts, frameElementOf, runPart } from "./axe-in-page.ts";

export type Violation = {
  readonly id: string;
  readonly impact?: string | null;
  readonly help: string;
  readonly helpUrl: string;
  readonly tags: readonly string[];
  readonly nodes: readonly {
    readonly impact?: string | null;
    readonly target: readonly (string | readonly string[])[];
    readonly html: string;
    readonly failureSummary?: string;
  }[];
};

export type AxeResults = {
  /** Why it could not look at all of the page. */
  readonly fault?: string;
  readonly violations: readonly Violation[];
  /** What axe-core could not decide. */
  readonly incomplete?: readonly Violation[];
};

const NAME = `_${randomUUID()}`;
/** Deeper frames are not looked at, which is said. */
const DEPTH_MAX = 10;

/** One look. What the page or axe-core refuses is a fault, as the next look may do better. */
export async function runAxe(scene: Scene, subject: Accessibility): Promise<AxeResults> {
  try {
    const include = subject.locator && (await handlesOf(scene, subject.locator, true));
    const exclude = await Promise.all(subject.exclude.map((one) => handlesOf(scene, one, false)));
    const frame = (await include?.[0]?.ownerFrame()) ?? scene.page.mainFrame();
    const run = { rules: subject.rules ?? null, tags: subject.tags ?? null };
    const scan: Scan = { run, exclude: exclude.flat(), parts: [] };
    await scanFrame(scan, frame, { include: include ?? [], context: null, depth: 0 });
    return await frame.evaluate(finishParts, { name: NAME, parts: scan.parts, run });
  } catch (thrown) {
    const text = plainMessage(messageOf(thrown)).split("\n")[0] ?? "";
    return { fault: `it could not be looked at: ${text}`, violations: [] };
  }
}

async function handlesOf(
  { page }: Scene,
  locator: Locator,
  isOneWanted: boolean,
): Promise<ElementHandle[]> {
  const handles = await toPageLocator(page, locator).elementHandles();
  if (isOneWanted && handles.length === 0)
    throw new Error(`no element matches ${describeLocator(locator)}`);
  return handles;
}

/** What axe-core is asked for. */
export type AxeRun = { readonly rules: string[] | null; readonly tags: string[] | null };

type Scan = {
  readonly run: AxeRun;
  readonly exclude: readonly ElementHandle[];
  readonly parts: unknown[];
};
type Place = {
  readonly include: readonly ElementHandle[];
  /** As the frame around it described it to axe-core. */
  readonly context: unknown;
  readonly depth: number;
};

/** Parts stand in the order in which frames are met, each before those inside it. */
async function scanFrame(scan: Scan, frame: Frame, place: Place): Promise<void> {
  if (place.depth > DEPTH_MAX) throw new Error(`its frames are nested more than ${DEPTH_MAX} deep`);
  await frame.evaluate(await installerScript());
  const owned = await ownedBy(scan.exclude, frame);
  const { part, frames } = await frame.evaluate(runPart, {
    ...{ name: NAME, run: scan.run, context: place.context },
    include: [...place.include],
    exclude: owned,
  });
  scan.parts.push(part);
  for (const { selector, context } of frames) {
    const element = await frame.evaluateHandle(frameElementOf, { name: NAME, selector });
    const inner = await element.asElement()?.contentFrame();
    if (inner === null || inner === undefined)
      throw new Error(`its inner frame ${JSON.stringify(selector)} is gone`);
    await scanFrame(scan, inner, { include: [], context, depth: place.depth + 1 });
  }
}

async function ownedBy(handles: readonly ElementHandle[], frame: Frame): Promise<ElementHandle[]> {
  const owners = await Promise.all(handles.map((handle) => handle.ownerFrame()));
  return handles.filter((_, index) => owners[index] === frame);
}

let script: Promise<string> | undefined;

/** Puts axe-core under a name of ours where it is not yet; what the page has under its own name stays. */
function installerScript(): Promise<string> {
  script ??= import("axe-core").then(({ default: axe }) => {
    const keep = `Object.defineProperty(window, ${JSON.stringify(NAME)}, { value: window.axe, configurable: true })`;
    const restore = "if (had) window.axe = before; else delete window.axe";
    return `(function (define, module, exports) { if (${JSON.stringify(NAME)} in window) return; const had = "axe" in window, before = window.axe; ${axe.source}; ${keep}; ${restore}; })()`;
  });
  return script;
}
