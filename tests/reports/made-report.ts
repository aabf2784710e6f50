/** A made report of any size with everything that a run can bring: failures, flaky, lost, late, cancelled, missing artifacts. */
import type {
  Report,
  ReportArtifact,
  ReportAttempt,
  ReportNode,
  ReportStep,
  ReportTest,
  Verdict,
} from "#proto/report.ts";

export type MadeOptions = {
  readonly testCount: number;
  /** Put into every text that people's files can bring. */
  readonly planted?: string;
  readonly stepCount?: number;
};

const SUITES = ["shop", "shop api", "account › settings", "search", "checkout"];
const VERBS = [
  "goto /products",
  'click role=button "Add to cart"',
  'fill label "E-mail"',
  "press Enter",
  "expect #count equals 1",
  "screenshot cart",
];
const SUBJECTS = [
  "a guest pays by card",
  "the cart counts",
  "a product has a name and a price",
  "search finds by part of a word",
  "the address book keeps ten addresses",
  "an order can be cancelled within an hour",
];
const ERRORS = [
  'expected #total to be "42.00", but it was "41.00" for 10 s',
  'no element matches role=button "Pay"\ntried for 10 s; nearest: role=button "Pay later"',
  "net::ERR_CONNECTION_REFUSED at http://127.0.0.1:4400/checkout",
];
const NODES = ["lab-1", "lab-2", "build-mac-mini"];
const SLOTS = 2;

/** One test of each fifty fails, some more are flaky, skipped or lost; the rest passes. */
function verdictOf(index: number): Verdict {
  const place = index % 50;
  if (place === 7 || place === 31) return "failed";
  if (place === 13) return "flaky";
  if (place === 22) return index % 100 === 22 ? "lost" : "passed";
  return place === 40 ? "skipped" : "passed";
}

/** Makes the report; the same for the same options. */
export function makeReport(options: MadeOptions): Report {
  const making = new Making(options);
  const tests = Array.from({ length: options.testCount }, (_, index) => making.test(index));
  const count = (verdict: Verdict) => tests.filter((test) => test.verdict === verdict).length;
  const totals = {
    planned: tests.length,
    passed: count("passed"),
    failed: count("failed"),
    flaky: count("flaky"),
    skipped: count("skipped"),
    lost: count("lost"),
  };
  const isIncomplete = totals.lost > 0;
  const status = isIncomplete ? "incomplete" : totals.failed > 0 ? "failed" : "passed";
  return {
    schemaVersion: 1,
    run: {
      id: "run-01a1fd60-aa66-7809-9e56-107d1b5e5771",
      status,
      exitCode: isIncomplete ? 3 : totals.failed > 0 ? 1 : 0,
      startedAt: "2026-11-21T09:12:13.159Z",
      durationMs: Math.round(making.endMs()),
    },
    totals,
    nodes: NODES.map((name, index) => making.node(name, index)),
    tests,
  };
}

class Making {
  readonly #plant: (text: string) => string;
  readonly #stepCount: number;
  /** When each slot is free. */
  readonly #freeMs = new Map<string, number>();
  #seed = 7;

  constructor({ planted, stepCount = 9 }: MadeOptions) {
    this.#plant = (text) => (planted === undefined ? text : `${text} ${planted}`);
    this.#stepCount = stepCount;
  }

  endMs(): number {
    return Math.max(1, ...this.#freeMs.values());
  }

  node(name: string, index: number): ReportNode {
    return {
      id: `node-${index}`,
      name: this.#plant(name),
      version: "0.1.0",
      platform: index === 2 ? "darwin 25.1 arm64" : "linux 6.18 x64",
      slots: SLOTS,
      labels: index === 2 ? [this.#plant("desk")] : [],
      browsers: ["chromium 156.0.8078.79"],
    };
  }

  test(index: number): ReportTest {
    const verdict = verdictOf(index);
    const suite = this.#plant(SUITES[index % SUITES.length] ?? "shop");
    const name = this.#plant(`${SUBJECTS[index % SUBJECTS.length]} ${index + 1}`);
    const values = index % 3 === 0 ? " [viewport=phone]" : "";
    return {
      key: `${suite} › ${name}${values}`,
      name,
      suite,
      file: `suites/${(SUITES[index % SUITES.length] ?? "shop").replaceAll(" ", "-")}.yaml`,
      line: 10 + (index % 200),
      platform: index % 5 === 1 ? "http" : "web",
      tags: [this.#plant(index % 4 === 0 ? "smoke" : "full"), ...(index % 7 === 0 ? ["slow"] : [])],
      verdict,
      ...this.#reason(verdict),
      attempts: this.#attempts(index, verdict),
    };
  }

  #reason(verdict: Verdict): { reason?: string } {
    if (verdict === "skipped") return { reason: this.#plant("waits for the new payment provider") };
    if (verdict === "lost")
      return { reason: this.#plant("node lab-2 was gone for 8 s, and so at 5 attempts") };
    return {};
  }

  #attempts(index: number, verdict: Verdict): ReportAttempt[] {
    if (verdict === "skipped") return [];
    const of = (
      number: number,
      status: ReportAttempt["status"],
      more: Partial<ReportAttempt> = {},
    ) => this.#attempt({ index, number, status }, more);
    if (verdict === "failed")
      return index % 100 === 31 ? [of(1, "failed"), of(2, "failed")] : [of(1, "failed")];
    if (verdict === "flaky") return [of(1, "failed"), of(2, "passed")];
    if (verdict === "lost")
      return [of(1, "lost", { counted: false }), of(2, "cancelled", { counted: false })];
    if (index % 60 === 5)
      return [
        of(1, "lost", { counted: false }),
        of(2, "passed"),
        of(3, "passed", { counted: false, late: true }),
      ];
    return [of(1, "passed")];
  }

  #attempt(
    of: {
      readonly index: number;
      readonly number: number;
      readonly status: ReportAttempt["status"];
    },
    more: Partial<ReportAttempt>,
  ): ReportAttempt {
    const { index, number, status } = of;
    const message = this.#plant(ERRORS[index % ERRORS.length] ?? "failed");
    const steps = this.#steps(index, status, message);
    const durationMs =
      Math.round(steps.reduce((sum, step) => sum + step.durationMs, 0) * 1000) / 1000 + 3;
    const { node, slot, startMs } = this.#place(durationMs);
    const error =
      status === "passed"
        ? undefined
        : status === "failed"
          ? { message, file: "suites/shop.yaml", line: 14, column: 9, code: "expect" }
          : { message: this.#plant("node lab-2 is gone: no heartbeat for 8 s"), code: "gone" };
    return {
      number,
      status,
      counted: true,
      late: false,
      node: this.#plant(node),
      slot,
      startedAt: new Date(Date.parse("2026-11-21T09:12:13.159Z") + startMs).toISOString(),
      durationMs,
      ...(error === undefined ? {} : { error }),
      ...(status === "failed" && index % 3 === 1
        ? { warnings: [this.#plant("a dialog was dismissed: Leave this page?")] }
        : {}),
      steps,
      artifacts: this.#artifacts(index, number, status),
      ...more,
    };
  }

  #place(durationMs: number): { node: string; slot: number; startMs: number } {
    const slots = NODES.flatMap((node) =>
      Array.from({ length: SLOTS }, (_, slot) => ({ node, slot })),
    );
    const free = slots.map((one) => ({
      ...one,
      startMs: this.#freeMs.get(`${one.node} ${one.slot}`) ?? 40 * this.#random(),
    }));
    const first = free.reduce((best, one) => (one.startMs < best.startMs ? one : best));
    this.#freeMs.set(
      `${first.node} ${first.slot}`,
      first.startMs + durationMs + 2 + 30 * this.#random(),
    );
    return { ...first, startMs: Math.round(first.startMs) };
  }

  #steps(index: number, status: ReportAttempt["status"], message: string): ReportStep[] {
    const endIndex = status === "passed" ? this.#stepCount : 4 + (index % 2);
    return Array.from({ length: this.#stepCount }, (_, at) => {
      if (at > endIndex) return this.#step(at, "skipped");
      if (at < endIndex) return this.#step(at, "passed", this.#warning(at, index));
      if (status !== "failed") return this.#step(at, "lost");
      const error = { message, file: "suites/shop.yaml", line: 12 + at, column: 9, code: "expect" };
      return this.#step(at, "failed", { error });
    });
  }

  #warning(at: number, index: number): Partial<ReportStep> {
    const warning = this.#plant("the field was read-only for 120 ms");
    return at === 2 && index % 9 === 0 ? { warnings: [warning] } : {};
  }

  #step(at: number, status: ReportStep["status"], more: Partial<ReportStep> = {}): ReportStep {
    const words = VERBS[at % VERBS.length] ?? "wait";
    const ms = status === "skipped" ? 0 : this.#random() * (status === "failed" ? 2_000 : 200);
    return {
      name: this.#plant(words),
      kind: words.split(" ", 1)[0] ?? "wait",
      status,
      durationMs: Math.round(ms * 1000) / 1000,
      line: 12 + at,
      ...(at === 0 ? { phase: "before" as const } : {}),
      ...more,
    };
  }

  #artifacts(index: number, number: number, status: ReportAttempt["status"]): ReportArtifact[] {
    if (status !== "failed") return [];
    const folder = `artifacts/test-${index}/attempt-${number}`;
    const stored = (name: string, kind: ReportArtifact["kind"], bytes = 2_000): ReportArtifact => ({
      name: this.#plant(name),
      kind,
      state: "stored",
      bytes,
      sha256: `${kind}-${index}-${number}`,
      path: `${folder}/${name}`,
    });
    return [
      stored("failure.png", "screenshot"),
      stored("cart #1 50%?.png", "screenshot"),
      stored("film.webm", "video", 120_000),
      stored("trace.zip", "trace", 480_000),
      stored("console.txt", "console", 24_000),
      stored("network.json", "network"),
      {
        ...stored("metrics.json", "file"),
        name: "metrics.json",
        sha256: `metrics-${index}-${number}`,
      },
      {
        name: this.#plant("page.html"),
        kind: "dom",
        state: "missing",
        bytes: 9_000,
        reason: this.#plant("Node lab-2 did not deliver it"),
      },
      { name: "late.bin", kind: "file", state: "pending", bytes: 1_000 },
    ];
  }

  /** 0 to 1, the same at each run (a linear congruential generator). */
  #random(): number {
    this.#seed = (this.#seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return this.#seed / 2_147_483_648;
  }
}
