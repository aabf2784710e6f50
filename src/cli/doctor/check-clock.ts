/** Doctor: clocks. Whether this machine's make sense by themselves, and how far they are from a gateway's. */
import { type Clock, pause } from "#shared/clock.ts";
import { messageOf } from "#shared/errors.ts";
import { fetchTrusting } from "#shared/runtime/trusting-fetch.ts";
import type { Finding } from "../finding.ts";

/** Before this program was written, or long after it: nobody set the clock. */
const WALL_MS_MIN = Date.UTC(2026, 0);
const WALL_MS_MAX = Date.UTC(2100, 0);
const READINGS = 5;
const READING_GAP_MS = 10;
const SKEW_MS_MAX = 2_000;
const ANSWER_MS_MAX = 5_000;
const SECOND_MS = 1_000;
const FIX = "synchronise it: sudo timedatectl set-ntp true";

/** One finding about the wall clock and the one that durations are measured by. */
export async function checkClock(clock: Clock): Promise<Finding> {
  const name = "clock";
  const readings = [clock.monotonicMs()];
  while (readings.length < READINGS) {
    await pause(clock, READING_GAP_MS);
    readings.push(clock.monotonicMs());
  }
  const wallMs = clock.wallMs();
  const shows = Number.isFinite(new Date(wallMs).getTime())
    ? new Date(wallMs).toISOString()
    : String(wallMs);
  if (wallMs < WALL_MS_MIN || wallMs > WALL_MS_MAX)
    return { name, state: "broken", said: `it shows ${shows}`, fix: FIX };
  const isSteady = readings.every((ms, index) => index === 0 || ms > (readings[index - 1] ?? ms));
  if (!isSteady) {
    const said = `durations cannot be measured: it told ${readings.join(", ")} ms one after the other`;
    return {
      name,
      state: "broken",
      said,
      fix: "restart this machine; in a virtual one, change its clock source",
    };
  }
  return { name, state: "works", said: `it shows ${shows}, and runs steadily` };
}

export type GatewayAnswer =
  | { readonly kind: "away"; readonly reason: string }
  /** `skewMs`: by how much its clock is ahead of ours; undefined when it does not tell the time. */
  | { readonly kind: "serves"; readonly skewMs: number | undefined };

/** Asks a gateway how it is, and what time it is there. */
export async function askGateway(
  { url, ca }: { readonly url: string; readonly ca?: string | undefined },
  clock: Clock,
): Promise<GatewayAnswer> {
  try {
    const askedMs = clock.wallMs();
    const init = { signal: AbortSignal.timeout(ANSWER_MS_MAX) };
    const answer = await fetchTrusting(`${url}/healthz`, init, ca);
    const heardMs = clock.wallMs();
    await answer.body?.cancel();
    if (!answer.ok) return { kind: "away", reason: `/healthz answers status ${answer.status}` };
    return { kind: "serves", skewMs: skewOf(answer.headers.get("date"), askedMs, heardMs) };
  } catch (thrown) {
    return { kind: "away", reason: messageOf(thrown) };
  }
}

/** P: one finding. The clock of the gateway is what times in reports are told by. */
export function judgeGateway(url: string, answer: GatewayAnswer): Finding {
  const name = "gateway";
  if (answer.kind === "away") {
    const fix = "start it, or name the right one by --gateway";
    return { name, state: "broken", said: `cannot reach ${url}: ${answer.reason}`, fix };
  }
  const { skewMs } = answer;
  if (skewMs === undefined)
    return { name, state: "works", said: `serves at ${url}; it does not tell the time` };
  if (Math.abs(skewMs) <= SKEW_MS_MAX)
    return { name, state: "works", said: `serves at ${url}, its clock agrees with ours` };
  const seconds = (Math.abs(skewMs) / SECOND_MS).toFixed(0);
  const said = `the clock of ${url} is ${seconds} s ${skewMs > 0 ? "ahead of" : "behind"} ours`;
  return { name, state: "broken", said, fix: `${FIX}, on both machines` };
}

/**
 * P: by how much a clock is surely ahead of ours, negative when behind, milliseconds. A Date header tells whole seconds
 * (RFC 9110, 6.6.1) of some moment between question and answer: only what is outside of that is a difference.
 */
export function skewOf(
  dateHeader: string | null,
  askedMs: number,
  heardMs: number,
): number | undefined {
  const fromMs = Date.parse(dateHeader ?? "");
  if (!Number.isFinite(fromMs)) return undefined;
  const toMs = fromMs + SECOND_MS;
  if (fromMs > heardMs) return fromMs - heardMs;
  return toMs < askedMs ? toMs - askedMs : 0;
}
