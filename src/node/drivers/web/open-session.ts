/** Sets up the page of one attempt: its context as viewport and device want it, and whatever is recorded of it. */
import type { Browser, BrowserContextOptions } from "playwright-core";
import type { Clock } from "#shared/clock.ts";
import { messageOf } from "#shared/errors.ts";
import { type Ending, type Session, type SessionOptions, StepError } from "../driver.ts";
import { contextOptions } from "./context/context-options.ts";
import { exportState } from "./context/export-state.ts";
import { Surroundings } from "./context/surroundings.ts";
import { Films } from "./films/films.ts";
import type { FfmpegPlaces } from "./films/find-ffmpeg.ts";
import { beginHar } from "./har/har-recorder.ts";
import { startMetrics } from "./metrics/metrics.ts";
import { learnPasswords } from "./passwords.ts";
import { firstLines } from "./playwright-error.ts";
import { type Prepared, prepareContext, type Spare } from "./pool/prepared.ts";
import { WebSession } from "./session.ts";
import { beginTrace } from "./traces/trace.ts";

export type SessionOpening = {
  readonly browser: Browser;
  readonly options: SessionOptions;
  readonly places: FfmpegPlaces;
  readonly clock: Clock;
  readonly onStuck: () => void;
  readonly release: () => Promise<void>;
  /** The root of the browser's processes on this machine. */
  readonly pid?: number | undefined;
  /** Of the slot, where it keeps one. */
  readonly spare?: Spare;
};

/** Opens a fresh context with one page, and starts what the policy records. */
export async function openSession(opening: SessionOpening): Promise<Session> {
  const { browser, options, clock, places } = opening;
  const { context, page, control } = await openContext(opening);
  const surroundings = new Surroundings({ context, options, clock });
  const { network: wanted = "online" } = options.browser ?? {};
  if (typeof wanted !== "string") await surroundings.network.set(wanted);
  const size = options.web.device?.viewport ?? options.viewport;
  const films = new Films({ page, control, options, clock, size, places });
  await films.begin();
  const learn = () => learnPasswords(page, options.redactor, clock);
  const trace = await beginTrace(context, options, learn);
  const metrics = options.web.metrics
    ? await startMetrics({ browser, control, options, clock })
    : undefined;
  const about = { name: "chromium", version: browser.version() };
  const har = beginHar({ context, page, options, clock, learn, browser: about });
  const session = new WebSession({
    ...opening,
    context,
    page,
    control,
    films,
    trace,
    metrics,
    surroundings,
  });
  const { conclude } = session;
  return Object.assign(session, {
    rootPid: opening.pid,
    conclude: async (ending: Ending) => {
      await har?.conclude(ending);
      await conclude(ending);
    },
    exportState: (signal: AbortSignal) => exportState(context, signal),
  });
}

/**
 * Opens the context and its page, or takes the slot's spare one where that is what the test wants.
 *
 * @throws {StepError} `failed`, `browser_setup` when the browser refuses what the test wants of it; that is no crash.
 */
async function openContext(opening: SessionOpening): Promise<Prepared> {
  const { browser, options, spare } = opening;
  const wanted = await contextOptions(options);
  const isOwn = options.browser !== undefined || options.state !== undefined;
  const ready = isOwn ? undefined : await spare?.take(browser, wanted);
  const prepared = ready ?? (await openFresh(opening, wanted));
  prepared.ear.redactor = options.redactor;
  if (!isOwn && mayOpenBeside(options)) spare?.refill(browser, wanted);
  return prepared;
}

async function openFresh(
  { browser, options }: SessionOpening,
  wanted: BrowserContextOptions,
): Promise<Prepared> {
  try {
    return await prepareContext(browser, wanted, { redactor: options.redactor });
  } catch (thrown) {
    const isOwn = options.browser !== undefined || options.state !== undefined;
    if (!isOwn || !browser.isConnected()) throw thrown;
    const reason = firstLines(messageOf(thrown), 2);
    const text = `Cannot set the browser up as the test wants it: ${reason}`;
    throw new StepError("failed", "browser_setup", options.redactor.text(text));
  }
}

/** What is measured or filmed is not disturbed by the opening of another page. */
const mayOpenBeside = ({ web, evidence }: SessionOptions): boolean =>
  !web.metrics && web.limits === undefined && evidence.video === "off";
