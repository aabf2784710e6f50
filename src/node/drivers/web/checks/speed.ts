/** `expect: { performance }`: what the page's browser measured of it, and what came over the wire for it. */
import type { Matcher } from "#proto/matcher.ts";
import type { PageSpeed } from "#proto/steps/page-checks.ts";
import { describeTime } from "../../guard.ts";
import { checkMatcher, describeMatcher } from "../../matcher.ts";
import { lookUntil } from "../look-until.ts";
import type { Scene } from "../scene.ts";
import { measureInPage } from "./measure-in-page.ts";

type Metric = PageSpeed["metric"];
type Measured = { readonly [Name in Metric]?: number };

const UNITS: Readonly<Record<Metric, string>> = {
  ttfb: " ms",
  fcp: " ms",
  lcp: " ms",
  cls: "",
  inp: " ms",
  domContentLoaded: " ms",
  load: " ms",
  transferBytes: " bytes",
  requests: "",
};

/** Why a measure may not be there. */
const ABSENT: Readonly<Partial<Record<Metric, string>>> = {
  fcp: "nothing was painted yet",
  lcp: "nothing was painted yet, or this browser does not measure it",
  cls: "this browser does not measure it",
  inp: "nobody has clicked, tapped or typed yet, or this browser does not measure it",
  domContentLoaded: "the page is still loading",
  load: "the page is still loading",
};

/** Waits until the measure is there and right; the text of its failure, or undefined. */
export async function checkSpeed(
  scene: Scene,
  { metric }: PageSpeed,
  matcher: Matcher | undefined,
): Promise<string | undefined> {
  const wanted = matcher ?? { exists: true };
  const { seen, tookMs } = await lookUntil(scene, {
    look: () => measure(scene, metric),
    isMet: (measured) => isMet(measured[metric], wanted),
  });
  const value = seen?.[metric];
  if (isMet(value, wanted)) return undefined;
  const time = describeTime(tookMs, scene.context.timeoutMs);
  const text = `Expected performance ${metric} ${describeMatcher(wanted)}`;
  if (value !== undefined) return `${text}, measured ${value}${UNITS[metric]}, tried for ${time}`;
  const reason = seen === undefined ? "the page did not answer" : ABSENT[metric];
  return `${text}, but there is none: ${reason ?? "it was not measured"}, tried for ${time}`;
}

/** A measure that does not exist meets nothing, not even what nothing would meet. */
function isMet(value: number | undefined, matcher: Matcher): boolean {
  return value !== undefined && checkMatcher(matcher, value).ok;
}

async function measure({ page, records }: Scene, metric: Metric): Promise<Measured> {
  // What is loaded is known when the page is.
  const inPage = await page.evaluate(measureInPage);
  if (metric !== "transferBytes" && metric !== "requests") return inPage;
  return inPage.load === undefined ? {} : records.loadedFor(page);
}
