/**
 * A context's network made slow, page by page: by Chromium's own protocol, as no browser has it in common. Popups are as slow
 * as the page that opened them.
 */
import type { BrowserContext, CDPSession, Page } from "playwright-core";
import type { Throttle } from "#proto/browser-context.ts";
import { messageOf } from "#shared/errors.ts";
import { StepError } from "../../driver.ts";

export type Network = {
  /** Offline, back online as fast as it is, or online and slow. */
  readonly set: (to: "offline" | "online" | Throttle) => Promise<void>;
};

/** As fast as it is, in the words of the protocol. */
const UNBOUND = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 };
const BITS_PER_BYTE = 8;

/** Takes charge of a context's network; nothing is done before the first `set`. */
export function createNetwork(context: BrowserContext): Network {
  const sessions = new WeakMap<Page, Promise<CDPSession>>();
  let throttle: Throttle | undefined;
  let isWatching = false;
  const sessionOf = (page: Page): Promise<CDPSession> => {
    const known = sessions.get(page) ?? context.newCDPSession(page);
    sessions.set(page, known);
    return known;
  };
  const applyTo = async (page: Page): Promise<void> => {
    const control = await sessionOf(page);
    await control.send("Network.enable");
    await control.send("Network.emulateNetworkConditions", conditionsOf(throttle));
  };
  const watch = () => {
    if (isWatching) return;
    isWatching = true;
    // A popup that is gone by then needs no network.
    context.on("page", (page) => void applyTo(page).catch(() => undefined));
  };
  return {
    set: async (to) => {
      const before = throttle;
      throttle = typeof to === "string" ? undefined : to;
      await context.setOffline(to === "offline");
      if (throttle === undefined && before === undefined) return;
      watch();
      await Promise.all(context.pages().map(applyTo)).catch(refuseThrottle);
    },
  };
}

function conditionsOf(throttle: Throttle | undefined): typeof UNBOUND {
  if (throttle === undefined) return UNBOUND;
  const { latencyMs, downloadBps, uploadBps } = throttle;
  const bytes = (bits: number | undefined): number =>
    bits === undefined ? -1 : bits / BITS_PER_BYTE;
  return {
    offline: false,
    latency: latencyMs,
    downloadThroughput: bytes(downloadBps),
    uploadThroughput: bytes(uploadBps),
  };
}

/** @throws {StepError} Always. */
function refuseThrottle(thrown: unknown): never {
  const text = `Cannot make the network slow: this browser does not let its network be throttled (${messageOf(thrown)})`;
  throw new StepError("failed", "unsupported", text);
}
