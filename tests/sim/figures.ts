/** Counts of what a seed saw, so that everybody can see that faults really happen. */

export const FIGURE_NAMES = [
  "events",
  "messages",
  "commits",
  "attempts",
  "nodeKills",
  "gatewayKills",
  "freezes",
  "cuts",
  "natsOutages",
  "diskFull",
  "wipes",
  "restores",
  "drains",
  "leaves",
  "partitions",
  "sharesJudged",
  "recalls",
  "cancels",
  "gone",
  "lostSettled",
  "recalledSettled",
  "revoked",
  "late",
  "rejected",
  "crashedReports",
  "repeatedEvents",
  "refusedHellos",
  "renewedStores",
] as const;
export type FigureName = (typeof FIGURE_NAMES)[number];
export type Figures = Record<FigureName, number>;

export const newFigures = (): Figures =>
  Object.fromEntries(FIGURE_NAMES.map((name) => [name, 0])) as Figures;

export function addFigures(sum: Figures, more: Figures): void {
  for (const name of FIGURE_NAMES) sum[name] += more[name];
}

/** `events 123, gone 4 …`. */
export const figuresInWords = (figures: Figures): string =>
  FIGURE_NAMES.map((name) => `${name} ${figures[name]}`).join(", ");
