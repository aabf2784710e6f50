/** `expect: { request }`: what the page asked the network for. */
import type { Json, Matcher } from "#proto/matcher.ts";
import type { PageRequests } from "#proto/steps/page-checks.ts";
import { messageOf } from "#shared/errors.ts";
import { queryJsonPath } from "#shared/json-path.ts";
import { checkMatcher, describeMatcher } from "../../matcher.ts";
import { describeStatus, isStatusMet } from "../../status.ts";
import { toUrlMatcher } from "../../url.ts";
import type { Scene } from "../scene.ts";
import { type Counted, countUntil } from "./count-until.ts";
import type { RequestRecord } from "./page-records.ts";
import { isUrlLike } from "./url-glob.ts";

/** So long no such request must be made where none is expected. */
const QUIET_MS = 500;
const SHOWN_MAX = 5;
const SHOWN_LENGTH_MAX = 300;

/** `matches` with the point at which it does not; `why`: it cannot be said yet, or at all. */
type Judged =
  | { readonly kind: "matches" }
  | { readonly kind: "differs"; readonly at: string; readonly rank: number }
  | { readonly kind: "undecided"; readonly why: string };

/** Waits until the right number of such requests was made; the text of its failure, or undefined. */
export function checkRequests(
  scene: Scene,
  subject: PageRequests,
  matcher: Matcher | undefined,
): Promise<string | undefined> {
  return countUntil(scene, {
    what: `requests ${describe(subject)}`.trim(),
    matcher,
    forMs: subject.forMs,
    quietMs: QUIET_MS,
    count: () => count(scene, subject),
  });
}

function count({ records, page }: Scene, subject: PageRequests): Counted {
  const { items, dropped } = records.requests(subject.since);
  const judged = items.map((record) => ({ record, judged: judge(record, subject, page.url()) }));
  const doubts = new Map<string, number>();
  for (const one of judged)
    if (one.judged.kind === "undecided")
      doubts.set(one.judged.why, (doubts.get(one.judged.why) ?? 0) + 1);
  if (dropped > 0) doubts.set(`the log keeps ${items.length} requests`, dropped);
  return {
    count: judged.filter((one) => one.judged.kind === "matches").length,
    undecided: [...doubts].map(([why, times]) => ({ count: times, why })),
    seen: showNearest(judged),
  };
}

/** Each point in turn; a later one is nearer. */
function judge(record: RequestRecord, subject: PageRequests, pageUrl: string): Judged {
  const { url, method, headers, body, json, status } = subject;
  const differs = (at: string, rank: number): Judged => ({ kind: "differs", at, rank });
  if (url !== undefined && !isUrlMet(record.url, url, pageUrl)) return differs("its url", 0);
  if (method !== undefined && record.method !== method.toUpperCase())
    return differs("its method", 1);
  for (const [name, matcher] of Object.entries(headers ?? {}))
    if (!checkMatcher(matcher, record.headers[name.toLowerCase()], { asText: true }).ok)
      return differs(`its header ${name}`, 2);
  const ofBody = judgeBody(record, { body, json });
  if (ofBody !== undefined) return ofBody;
  if (status === undefined) return { kind: "matches" };
  if (record.status !== undefined)
    return isStatusMet(status, record.status)
      ? { kind: "matches" }
      : differs(`its status ${record.status}`, 4);
  return record.failure === undefined
    ? { kind: "undecided", why: "not answered yet" }
    : differs(`that it was never answered (${record.failure})`, 4);
}

function isUrlMet(url: string, wanted: NonNullable<PageRequests["url"]>, pageUrl: string): boolean {
  if ("glob" in wanted) return isUrlLike(url, wanted.glob);
  return checkMatcher(toUrlMatcher(wanted, pageUrl), url, { asText: true }).ok;
}

function judgeBody(
  record: RequestRecord,
  { body, json }: Pick<PageRequests, "body" | "json">,
): Judged | undefined {
  if (body === undefined && json === undefined) return undefined;
  if (record.bodyFault !== undefined) return { kind: "undecided", why: record.bodyFault };
  if (body !== undefined && !checkMatcher(body, record.body, { asText: true }).ok)
    return { kind: "differs", at: `its body ${show(record.body)}`, rank: 3 };
  for (const [path, matcher] of Object.entries(json ?? {})) {
    const at = missedJson(record.body, path, matcher);
    if (at !== undefined) return { kind: "differs", at, rank: 3 };
  }
  return undefined;
}

function missedJson(body: string | undefined, path: string, matcher: Matcher): string | undefined {
  let document: Json;
  try {
    document = JSON.parse(body ?? "") as Json;
  } catch {
    return `its body, which is not JSON: ${show(body)}`;
  }
  try {
    const found = queryJsonPath(path, document);
    const value = "found" in found ? found.found : "list" in found ? found.list : undefined;
    return checkMatcher(matcher, value).ok ? undefined : `${path} of its body ${show(body)}`;
  } catch (thrown) {
    return `${path} of its body, which cannot be read: ${messageOf(thrown)}`;
  }
}

function show(text: string | undefined): string {
  if (text === undefined) return "(none)";
  const whole = JSON.stringify(text);
  return whole.length <= SHOWN_LENGTH_MAX ? whole : `${whole.slice(0, SHOWN_LENGTH_MAX)}…`;
}

type OneJudged = { readonly record: RequestRecord; readonly judged: Judged };

/** The requests that come nearest, the nearest first. */
function showNearest(judged: readonly OneJudged[]): string {
  if (judged.length === 0) return "; the page made no requests";
  const others = judged
    .filter((one) => one.judged.kind !== "matches")
    .toSorted((a, b) => rankOf(b.judged) - rankOf(a.judged))
    .slice(0, SHOWN_MAX);
  const matching = judged.filter((one) => one.judged.kind === "matches").slice(0, SHOWN_MAX);
  const line = ({ record, judged: one }: OneJudged) =>
    `\n  ${record.method} ${record.url}${one.kind === "differs" ? `: differs in ${one.at}` : one.kind === "undecided" ? `: ${one.why}` : ": is so"}`;
  const shown = matching.length > 0 ? matching : others;
  return `; of ${judged.length} requests:${shown.map(line).join("")}`;
}

function rankOf(judged: Judged): number {
  if (judged.kind === "differs") return judged.rank;
  return judged.kind === "undecided" ? 5 : 6;
}

function describe({ url, method, headers, body, json, status }: PageRequests): string {
  const parts = [
    method?.toUpperCase(),
    url && ("glob" in url ? url.glob : `with a url ${describeMatcher(url)}`),
    ...Object.entries(headers ?? {}).map(
      ([name, matcher]) => `with header ${name} ${describeMatcher(matcher)}`,
    ),
    body && `with a body ${describeMatcher(body)}`,
    ...Object.entries(json ?? {}).map(
      ([path, matcher]) => `with ${path} of its body ${describeMatcher(matcher)}`,
    ),
    status && `with a status ${describeStatus(status)}`,
  ];
  return parts.filter((part) => part !== undefined).join(" ");
}
