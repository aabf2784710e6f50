/** P: parts of a HAR out of what Playwright tells of a request. */
import type { Request } from "playwright-core";
import type { HarHeader, HarTimings } from "../../har/har.ts";

type ResourceTiming = ReturnType<Request["timing"]>;

/** Bodies of these types are text. */
const TEXT_TYPES =
  /^(text\/|application\/(json|javascript|ecmascript|xml|xhtml\+xml|graphql|x-www-form-urlencoded|x-ndjson)|[\w.+-]+\/[\w.+-]+\+(json|xml))/i;

export const isText = (mimeType: string): boolean => TEXT_TYPES.test(mimeType);

export const headersOf = (headers: Readonly<Record<string, string>>): HarHeader[] =>
  Object.entries(headers).map(([name, value]) => ({ name, value }));

/** Phases of a request; undefined: nothing is known, and nothing took time. */
export function timingsOf(timing: ResourceTiming | undefined): HarTimings {
  const spanOf = (from: number | undefined, to: number | undefined): number =>
    from === undefined || to === undefined || from < 0 || to < from ? -1 : to - from;
  const connected = Math.max(0, timing?.connectEnd ?? 0, timing?.domainLookupEnd ?? 0);
  return {
    blocked: spanOf(connected, timing?.requestStart),
    dns: spanOf(timing?.domainLookupStart, timing?.domainLookupEnd),
    connect: spanOf(timing?.connectStart, timing?.connectEnd),
    ssl: spanOf(timing?.secureConnectionStart, timing?.connectEnd),
    // It is part of the wait: the browser does not tell them apart.
    send: 0,
    wait: Math.max(0, spanOf(timing?.requestStart, timing?.responseStart)),
    receive: Math.max(0, spanOf(timing?.responseStart, timing?.responseEnd)),
  };
}
