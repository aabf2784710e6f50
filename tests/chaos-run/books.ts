/** The oracle's own books: what each attempt asked of the target, and what befell which part of the mesh when. */
import type { Owner } from "./owners.ts";
import type { FaultKind } from "./plan.ts";

export type TestKind = "pass" | "fail" | "flaky" | "skip";
export type Platform = "http" | "web";

/** A planned test as the oracle knows it: the suite is written from it. */
export type TestSpec = {
  /** As the product names it in its report. */
  readonly key: string;
  /** In addresses of the target: `RUN/TEST`. */
  readonly place: string;
  readonly kind: TestKind;
  readonly platform: Platform;
  /** What an attempt that runs to its end asks for, in this order, each once. */
  readonly asks: readonly string[];
  /** How long the target takes over each of them. */
  readonly answerMs: readonly number[];
};

export type Ask = {
  readonly step: string;
  readonly askedMs: number;
  /** The answer has left. */
  answeredMs?: number;
  /** The other side went away before it. */
  cutMs?: number;
};

/** An attempt as the target saw it: named by the token that its first request was given. */
export type Visit = {
  readonly token: string;
  readonly test: TestSpec;
  readonly asks: Ask[];
  /** Whose process asked first; undefined when that was gone before it could be seen. */
  readonly owner: Owner | undefined;
  /** What its last request was told: does the test pass? */
  told?: "ok" | "no";
};

/** A fault that was carried out. */
export type Blow = {
  readonly kind: FaultKind;
  /** Undefined for gateway and nats-server. */
  readonly nodeName: string | undefined;
  readonly way: "nats" | "http" | "both";
  readonly fromMs: number;
  /** Undefined while it lasts. */
  untilMs?: number;
  /** Work was under way where it hit. */
  readonly isInFlight: boolean;
};

/** A request that no test makes, or not with this token. */
export type StrayAsk = { readonly atMs: number; readonly path: string };

/** The machine itself stood still: this process was not run, or the disk did not answer. */
export type Stall = { readonly fromMs: number; readonly untilMs: number };

export type Books = {
  readonly visits: Map<string, Visit>;
  readonly strays: StrayAsk[];
  readonly blows: Blow[];
  readonly stalls: Stall[];
};

export const newBooks = (): Books => ({ visits: new Map(), strays: [], blows: [], stalls: [] });

/** The lines of a test's visits, for people. */
export function visitsInWords(books: Books, test: TestSpec): string[] {
  return [...books.visits.values()]
    .filter((visit) => visit.test === test)
    .flatMap(({ token, owner, asks, told }) => [
      `${token} on ${owner?.nodeName ?? "an unknown node"}, told ${told ?? "nothing"}`,
      ...asks.map((ask) => `  ${timeOf(ask.askedMs)} ${ask.step}: ${endOf(ask)}`),
    ]);
}

function endOf({ answeredMs, cutMs }: Ask): string {
  if (answeredMs !== undefined) return `answered at ${timeOf(answeredMs)}`;
  return cutMs === undefined ? "no answer" : `cut at ${timeOf(cutMs)}`;
}

/** The blows in order, for people. */
export function blowsInWords({ blows }: Books): string[] {
  return blows.map(({ kind, nodeName, way, fromMs, untilMs }) => {
    const end = untilMs === undefined ? "the end" : timeOf(untilMs);
    return `${timeOf(fromMs)} to ${end} ${kind} ${nodeName ?? ""} ${kind === "node.cut" ? way : ""}`;
  });
}

/** The time of the day, as in the program's logs. */
function timeOf(wallMs: number): string {
  return new Date(wallMs).toISOString().slice(11, 23);
}
