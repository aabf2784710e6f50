/** P: holds each attempt of a report against the visits of the target's log: nothing invented, nothing left out, nothing twice. */
import type { ReportAttempt, ReportTest } from "#proto/report.ts";
import type { Books, TestSpec, Visit } from "./books.ts";
import { isExcused } from "./excuses.ts";
import type { Finding, FindingKind } from "./finding.ts";
import { TOKEN } from "./suites.ts";

export type AttemptJudging = {
  readonly test: TestSpec;
  readonly told: ReportTest;
  readonly visits: readonly Visit[];
  readonly books: Books;
  readonly owners: Map<string, string>;
};

/** Everything that is wrong with the attempts of one test. */
export function judgeAttempts(judging: AttemptJudging): Finding[] {
  const { test, told, visits } = judging;
  const shown = new Set<string>();
  const findings = told.attempts.flatMap((attempt) => {
    const token = tokenOf(attempt);
    if (token !== undefined) shown.add(token);
    return judgeAttempt(judging, attempt, token);
  });
  const find = (kind: FindingKind, text: string) => findings.push({ kind, test: test.key, text });
  if (visits.length > told.attempts.length)
    find(
      "doubled",
      `It was run ${visits.length} times, the report has ${told.attempts.length} attempts`,
    );
  for (const visit of visits) {
    // The token was saved before the second request was made (E1).
    if (visit.asks.length > 1 && !shown.has(visit.token))
      find("forgotten", `${visit.token} asked ${visit.asks.length} times, no attempt shows it`);
  }
  return findings;
}

/** The token that an attempt was given, from the step that shows it. */
function tokenOf({ steps }: ReportAttempt): string | undefined {
  for (const { error } of steps) {
    const token = TOKEN.exec(error?.message ?? "")?.[0];
    if (token !== undefined) return token;
  }
  return undefined;
}

function judgeAttempt(
  judging: AttemptJudging,
  attempt: ReportAttempt,
  token: string | undefined,
): Finding[] {
  const { test, visits, books } = judging;
  const findings: Finding[] = [];
  const { number, status, late, node } = attempt;
  const name = `attempt ${number} (${status}${late ? ", late" : ""}, on ${node}, ${token ?? "no token"})`;
  const find = (kind: FindingKind, text: string) =>
    findings.push({ kind, test: test.key, text: `${name}: ${text}` });
  const visit = visits.find((one) => one.token === token);
  if (token !== undefined) judgeToken(judging, { attempt, visit, find }, token);
  const hasOutcome = status === "passed" || status === "failed";
  if (hasOutcome) judgeOutcome(test, { attempt, visit, find });
  else judgeLoss({ attempt, visit, find });
  const isGivenUp = late || !hasOutcome;
  if (attempt.counted && isGivenUp) find("doubled", "it is counted, though it was given up");
  if (!(attempt.counted || isGivenUp)) find("verdict", "it is neither counted nor late");
  if (isGivenUp && !isExcused(attempt, books))
    find("needless", `nothing had befallen its node: ${attempt.error?.message ?? "no error"}`);
  return findings;
}

type Part = {
  readonly attempt: ReportAttempt;
  readonly visit: Visit | undefined;
  readonly find: (kind: FindingKind, text: string) => unknown;
};

/** It was given to this test, to the node that shows it, and to no other attempt. */
function judgeToken(judging: AttemptJudging, { attempt, visit, find }: Part, token: string): void {
  const { test, owners } = judging;
  const owner = owners.get(token);
  if (owner !== undefined) find("doubled", `${owner} has shown its token already`);
  owners.set(token, `${test.key} attempt ${attempt.number}`);
  if (visit === undefined) find("phantom", "its token was never given to this test");
  else if (visit.owner !== undefined && visit.owner.nodeName !== attempt.node)
    find("phantom", `its requests came from ${visit.owner.nodeName}`);
}

function judgeOutcome(test: TestSpec, { attempt, visit, find }: Part): void {
  if (visit === undefined) return void find("phantom", "it has an outcome, and asked for nothing");
  const asked = visit.asks.map(({ step }) => step);
  if (JSON.stringify(asked) !== JSON.stringify(test.asks))
    find("verdict", `it asked for ${asked.join(", ")} instead of ${test.asks.join(", ")}`);
  // The one that shows the token fails by design.
  const untold = attempt.steps.filter(({ status, optional }) => status !== "passed" && !optional);
  if (attempt.status === "passed" && untold.length > 0)
    find("forgotten", `its steps are not told: ${untold.map(({ name }) => name).join(", ")}`);
  const right = visit.told === "ok" ? "passed" : "failed";
  if (visit.told === undefined) find("verdict", "it was never told how it ends");
  else if (attempt.status !== right) {
    const why = attempt.error?.message ?? "no error";
    find("verdict", `it was told ${visit.told}: ${why}`);
  }
}

/** An attempt whose end the target saw may be lost only with what it ran on, before that could save it. */
function judgeLoss({ attempt, visit, find }: Part): void {
  const { code, message } = attempt.error ?? {};
  if (code === "crashed" || code === "browser_crash") return;
  // It began on a node that had been given up, and was called off when that came back: nothing was counted on.
  if (attempt.status === "cancelled" && attempt.late && visit?.told === undefined) return;
  if (code === "event_rejected") return void find("rejected", message ?? "no reason");
  const end = visit?.told === undefined ? "" : `, though it was told ${visit.told}`;
  find("forgotten", `its node never told of its end (${code ?? "no code"})${end}`);
}
