/** Decides whether an HTTP status meets what a step demands of it. Pure; shared by `goto` and `expect`. */
import type { StatusMatcher } from "#proto/matcher.ts";
import { checkMatcher, describeMatcher } from "./matcher.ts";

/** True when `status` is one of the codes or classes (`2xx`), or meets the matcher. */
export function isStatusMet(demand: StatusMatcher, status: number): boolean {
  if ("matcher" in demand) return checkMatcher(demand.matcher, status).ok;
  return demand.anyOf.some((one) =>
    typeof one === "number" ? one === status : one[0] === String(status)[0],
  );
}

/** What is demanded, in words: `to be 200 or 2xx`. */
export function describeStatus(demand: StatusMatcher): string {
  if ("matcher" in demand) return describeMatcher(demand.matcher);
  return `to be ${demand.anyOf.join(" or ")}`;
}
