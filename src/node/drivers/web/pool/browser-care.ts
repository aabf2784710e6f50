/**
 * Looks after one browser process between attempts: whether it still answers, and whether it has grown too old or too large
 * to be given to another. What it decides is done by its holder (browser.ts).
 */
import type { Browser, CDPSession } from "playwright-core";
import type { Clock } from "#shared/clock.ts";
import { canMeasure, measureTrees } from "../../../usage/process-tree.ts";
import { answerOf } from "../metrics/answer-of.ts";
import type { PoolPolicy } from "./pool-policy.ts";

/** A browser that answered so lately is not asked again. */
const TRUSTED_MS = 2_000;
/** Memory is looked at after each so many contexts: a look reads all of /proc. */
const CONTEXTS_A_LOOK = 10;
/** What a new browser grows by until it has seen some pages is no leak. */
const GROWTH_BYTES_MIN = 64 * 1024 * 1024;

export class BrowserCare {
  /** Of its root process on this machine; undefined when it runs elsewhere or did not say. */
  readonly pid: number | undefined;
  readonly #control: CDPSession;
  readonly #clock: Clock;
  readonly #policy: PoolPolicy;
  #contextCount = 0;
  #baseBytes: number | undefined;
  #answeredMs: number;

  private constructor(
    control: CDPSession,
    { clock, policy, pid }: { clock: Clock; policy: PoolPolicy; pid: number | undefined },
  ) {
    this.#control = control;
    this.#clock = clock;
    this.#policy = policy;
    this.#answeredMs = clock.monotonicMs();
    this.pid = pid;
  }

  /** Begins to look after a browser. @throws {Error} When it does not answer. */
  static async of(
    browser: Browser,
    { clock, policy }: { clock: Clock; policy: PoolPolicy },
  ): Promise<BrowserCare> {
    const control = await browser.newBrowserCDPSession();
    const isHere = policy.endpoint === undefined;
    const pid = isHere ? await rootPidOf(control, clock) : undefined;
    return new BrowserCare(control, { clock, policy, pid });
  }

  /** An attempt has had a context of it. */
  noteContext(): void {
    this.#contextCount += 1;
    this.#answeredMs = this.#clock.monotonicMs();
  }

  /** False when it does not answer within two seconds. */
  async answers(): Promise<boolean> {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#answeredMs < TRUSTED_MS) return true;
    const answer = await answerOf(this.#control.send("Browser.getVersion"), this.#clock);
    if (answer !== undefined) this.#answeredMs = this.#clock.monotonicMs();
    return answer !== undefined;
  }

  /** Why it is to be replaced before the next attempt, in words for the log; undefined: it is good. */
  async whyWorn(): Promise<string | undefined> {
    const { contextsMax } = this.#policy;
    if (this.#contextCount >= contextsMax) return `it has had ${this.#contextCount} contexts`;
    if (this.pid === undefined || !canMeasure()) return undefined;
    if (this.#contextCount === 0 || this.#contextCount % CONTEXTS_A_LOOK !== 0) return undefined;
    const [usage] = await measureTrees([this.pid]);
    if (usage === undefined || usage.memoryBytes === 0) return undefined;
    this.#baseBytes ??= usage.memoryBytes;
    return whyTooLarge(this.#baseBytes, usage.memoryBytes, this.#policy.memoryGrowthMax);
  }
}

/** Why a browser that began with `baseBytes` has grown too large; undefined when it has not. */
export function whyTooLarge(
  baseBytes: number,
  nowBytes: number,
  growthMax: number,
): string | undefined {
  const isLarge = nowBytes > baseBytes * growthMax && nowBytes - baseBytes > GROWTH_BYTES_MIN;
  if (!isLarge) return undefined;
  const words = (bytes: number) => `${Math.round(bytes / 1024 / 1024)} MiB`;
  return `its processes need ${words(nowBytes)}, ${words(baseBytes)} when it was new`;
}

async function rootPidOf(control: CDPSession, clock: Clock): Promise<number | undefined> {
  const told = await answerOf(control.send("SystemInfo.getProcessInfo"), clock);
  return told?.processInfo.find(({ type }) => type === "browser")?.id;
}
