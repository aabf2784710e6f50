/** `metrics.json`: how the pages of an attempt loaded, and what they cost the machine, sampled while it runs. */
import type { Browser, CDPSession } from "playwright-core";
import type { Clock, Timer } from "#shared/clock.ts";
import { messageOf } from "#shared/errors.ts";
import type { SessionOptions } from "../../driver.ts";
import { answerOf } from "./answer-of.ts";
import { watchPageTimings } from "./page-timings.ts";
import { watchUsage } from "./process-usage.ts";

export type Metrics = {
  /** Hands the file over. Never throws. */
  readonly conclude: () => Promise<void>;
  /** Stops sampling and lets the browser go. */
  readonly close: () => Promise<void>;
};

export type MetricsParts = {
  readonly browser: Browser;
  readonly control: CDPSession;
  readonly options: SessionOptions;
  readonly clock: Clock;
};

type Sample = {
  readonly atMs: number;
  readonly cpuMs: number;
  readonly rssBytes?: number;
  readonly jsHeapUsedBytes?: number;
  readonly domNodes?: number;
};

const SAMPLE_EVERY_MS = 500;
/** When there are more, every second one goes and they are taken half as often. */
const SAMPLES_MAX = 240;

/** Starts to measure. @throws {Error} When the browser does not answer. */
export async function startMetrics(parts: MetricsParts): Promise<Metrics> {
  const { clock, control, options } = parts;
  const startMs = clock.monotonicMs();
  const pagesSoFar = await watchPageTimings(control);
  await control.send("Performance.enable");
  const usage = await watchUsage(parts.browser, clock);
  const sampling = createSampling(async () => {
    const sample = await usage.sample();
    const page = await readPage(parts);
    const atMs = Math.round(clock.monotonicMs() - startMs);
    return sample && { atMs, ...sample, ...briefOf(page) };
  }, clock);
  await sampling.take();
  const conclude = async () => {
    sampling.close();
    try {
      await sampling.take();
      const file = {
        durationMs: Math.round(clock.monotonicMs() - startMs),
        pages: pagesSoFar(),
        lastPage: await readPage(parts),
        processes: usage.processes(),
        samples: sampling.samples(),
      };
      const text = options.redactor.text(JSON.stringify(file, null, 2));
      const bytes = new TextEncoder().encode(text);
      options.attach({ name: "metrics.json", kind: "file", bytes });
    } catch (thrown) {
      const reason = `Not measured: ${messageOf(thrown)}`;
      options.miss({ name: "metrics.json", kind: "file", reason });
    } finally {
      await usage.close();
    }
  };
  const close = async () => {
    sampling.close();
    await usage.close();
  };
  return { conclude, close };
}

type Sampling = {
  readonly take: () => Promise<void>;
  readonly samples: () => readonly Sample[];
  readonly close: () => void;
};

/** Samples again and again, one at a time, until it is closed. */
function createSampling(look: () => Promise<Sample | undefined>, clock: Clock): Sampling {
  let samples: Sample[] = [];
  let everyMs = SAMPLE_EVERY_MS;
  let timer: Timer | undefined;
  let isClosed = false;
  const take = async () => {
    const sample = await look();
    if (sample !== undefined) samples.push(sample);
    if (samples.length > SAMPLES_MAX) {
      samples = samples.filter((_, index) => index % 2 === 0);
      everyMs *= 2;
    }
    if (!isClosed) timer = clock.after(everyMs, () => void take());
  };
  const close = () => {
    isClosed = true;
    timer?.cancel();
  };
  return { take, samples: () => samples, close };
}

type PageNumbers = Readonly<Record<string, number>>;

/** What Chromium counts of the page that is shown now; undefined when it does not answer. */
async function readPage({ control, clock }: MetricsParts): Promise<PageNumbers | undefined> {
  const answer = await answerOf(control.send("Performance.getMetrics"), clock);
  return answer && Object.fromEntries(answer.metrics.map(({ name, value }) => [name, value]));
}

function briefOf(page: PageNumbers | undefined): Partial<Sample> {
  const { JSHeapUsedSize, Nodes } = page ?? {};
  return {
    ...(JSHeapUsedSize !== undefined && { jsHeapUsedBytes: JSHeapUsedSize }),
    ...(Nodes !== undefined && { domNodes: Nodes }),
  };
}
