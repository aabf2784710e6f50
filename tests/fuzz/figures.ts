/** What a fuzzed target did: inputs, answers, the slowest, the most memory; and what broke. */

export type Breakage = {
  /** Makes the input again, together with the seed. */
  readonly index: number;
  readonly text: string;
  /** The input, as small as it could be made; undefined where it is only known by its index. */
  readonly input?: Uint8Array;
};

export type Figures = {
  readonly target: string;
  inputs: number;
  accepted: number;
  refused: number;
  /** Without an answer, where none is due: a request that was cut. */
  unanswered: number;
  slowestMs: number;
  slowestIndex: number;
  peakRssBytes: number;
  readonly broken: Breakage[];
};

/** All zero. */
export function newFigures(target: string): Figures {
  return {
    target,
    inputs: 0,
    accepted: 0,
    refused: 0,
    unanswered: 0,
    slowestMs: 0,
    slowestIndex: 0,
    peakRssBytes: 0,
    broken: [],
  };
}

/** Notes how long one input took. */
export function noteTime(figures: Figures, index: number, tookMs: number): void {
  if (tookMs <= figures.slowestMs) return;
  figures.slowestMs = tookMs;
  figures.slowestIndex = index;
}

/** One line for people. */
export function figuresInWords(figures: Figures): string {
  const { target, inputs, accepted, refused, unanswered, broken } = figures;
  const slowest = `slowest ${Math.round(figures.slowestMs)} ms (input ${figures.slowestIndex})`;
  const memory = `peak ${Math.round(figures.peakRssBytes / 1024 ** 2)} MiB`;
  return `${target}: ${inputs} inputs, ${accepted} accepted, ${refused} refused, ${unanswered} unanswered, ${broken.length} broken, ${slowest}, ${memory}`;
}

/** What a target is asked to do. */
export type FuzzOrder = {
  readonly seed: string;
  /** The index of the first input. */
  readonly from: number;
  readonly inputs: number;
  /** Asked before each batch: whether the time is over. */
  readonly isOver: () => boolean;
};
