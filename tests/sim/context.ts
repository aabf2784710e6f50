/** What all parts of one simulated world share. */
import type { HandNetwork } from "#kit/hand-bus.ts";
import type { HandClock } from "#kit/hand-clock.ts";
import type { IdSource } from "#shared/ids.ts";
import type { Figures } from "./figures.ts";
import type { SimPlan } from "./plan.ts";
import type { Random } from "./random.ts";
import type { Rows } from "./rows.ts";
import type { Trace } from "./trace.ts";
import type { Truth } from "./truth.ts";

export type SimContext = {
  readonly seed: number;
  readonly plan: SimPlan;
  readonly random: Random;
  readonly clock: HandClock;
  readonly network: HandNetwork;
  readonly trace: Trace;
  readonly figures: Figures;
  readonly rows: Rows;
  readonly truth: Truth;
  /** Counted, so that they repeat; in order of making, as the real ones. */
  readonly ids: IdSource;
  /** Notes a broken promise; the first one ends the simulation. */
  readonly fail: (invariant: string, text: string) => void;
};
