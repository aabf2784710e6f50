/** What must be true when everything has come to rest: nothing kept back, the gateway's figures fit, stored bytes are there. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readReport } from "#kit/mesh.ts";
import { waitUntil } from "#kit/wait-until.ts";
import { RunPage } from "#proto/api.ts";
import type { Report, ReportArtifact } from "#proto/report.ts";
import { readGatewayAddress } from "#shared/data-folder.ts";
import type { Cast } from "./cast.ts";
import type { Finding } from "./finding.ts";
import { askApi, type RunRecord } from "./load.ts";
import type { Meter } from "./meter.ts";
import type { JudgedRun } from "./oracle.ts";

const REST_MS_MAX = 60_000;

/** Waits until every outbox is empty; says of each that is not what it keeps. */
export async function awaitRest(cast: Cast): Promise<Finding[]> {
  const findings = await Promise.all(
    cast.nodeNames.map(async (name): Promise<Finding[]> => {
      let kept = "its replica could not be read";
      const isEmpty = async () => {
        const { stdout } = await cast.ask("replica", "--data", cast.nodeDir(name), "--json");
        if (stdout === "") return false;
        const { undeliveredEventCount, undelivered, waiting, pendingUploads } = JSON.parse(stdout);
        kept = JSON.stringify({ undeliveredEventCount, undelivered, waiting, pendingUploads });
        return (
          undeliveredEventCount === 0 &&
          undelivered.length + waiting.length + pendingUploads.length === 0
        );
      };
      try {
        await waitUntil(isEmpty, { what: `${name} is empty`, deadlineMs: REST_MS_MAX });
        return [];
      } catch {
        return [{ kind: "undelivered", text: `${name} keeps ${kept.slice(0, 2_000)}` }];
      }
    }),
  );
  return findings.flat();
}

/** The gateway's own figures, when nothing runs: nothing is open, nothing was refused. */
export async function judgeMeter(meter: Meter): Promise<Finding[]> {
  await meter.read();
  const mustBeZero = ["attempts_running", "tests_queued", "runs_open"].map(
    (name) => [name, meter.last(`panoptic_${name}`)] as const,
  );
  const neverCounted = ["unreadable_messages", "foreign_messages", "unknown_run_events"].map(
    (name) => [name, meter.total(`panoptic_${name}_total`)] as const,
  );
  const rejected = meter.total("panoptic_rejected_events_total");
  return [
    ...[...mustBeZero, ...neverCounted]
      .filter(([, value]) => value !== 0)
      .map(([name, value]): Finding => ({ kind: "books", text: `${name} is ${value}, not 0` })),
    ...(rejected === 0
      ? []
      : [{ kind: "rejected", text: `${rejected} events could not be accepted` } as const]),
  ];
}

/** Every run that the gateway knows, as its report is now, beside what was submitted. */
export async function collectRuns(
  cast: Cast,
  runs: readonly RunRecord[],
): Promise<{ readonly judged: readonly JudgedRun[]; readonly findings: readonly Finding[] }> {
  const judged: JudgedRun[] = [];
  const findings: Finding[] = [];
  for (const { id, state } of await listRuns(cast)) {
    if (state !== "ended") findings.push({ kind: "stuck", text: `Run ${id} has not ended` });
    const out = join(cast.dir, "final", id);
    const { stderr } = await cast.ask("report", id, "--data", cast.gatewayDir, "--out", out);
    const final = readReport(out);
    const suite = final?.tests[0]?.suite;
    const run = runs.find(({ number }) => `chaos-${number}` === suite);
    if (final === undefined || run === undefined) {
      findings.push({
        kind: "stuck",
        text: `Cannot get the report of ${id} (${suite}): ${stderr}`,
      });
      continue;
    }
    if (judged.some((one) => one.run === run))
      findings.push({ kind: "doubled", text: `Run ${run.number} was made twice: ${id}` });
    judged.push({ run, final });
    findings.push(...(await judgeArtifacts(cast, final, out)), ...judgeEarly(cast, run));
  }
  for (const run of runs.filter((one) => !judged.some((other) => other.run === one))) {
    // Whoever was told that there is no run (2) finds none.
    if (run.exitCode === 2) continue;
    findings.push({ kind: "ledger", text: `Run ${run.number} is unknown to the gateway` });
  }
  return { judged, findings };
}

async function listRuns(cast: Cast): Promise<RunPage["runs"]> {
  const runs: RunPage["runs"] = [];
  let before = "";
  for (;;) {
    const answer = await askApi(cast, `/v1/runs?limit=100${before}`);
    if (answer === undefined) throw new Error("The gateway does not tell its runs");
    const page = RunPage.parse(answer);
    runs.push(...page.runs);
    if (page.next === undefined) return runs;
    before = `&before=${page.next}`;
  }
}

/** R3: what is stored has these bytes in the report's folder and at the gateway; when all is at rest nothing is pending. */
async function judgeArtifacts(cast: Cast, report: Report, out: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  const judged = new Set<string>();
  for (const { key, attempts } of report.tests) {
    for (const { number, artifacts } of attempts) {
      for (const artifact of artifacts) {
        const find = (text: string): Finding => {
          const place = `attempt ${number}, ${artifact.name}`;
          return { kind: "artifact", test: key, text: `${place}: ${text}` };
        };
        findings.push(...judgeFile(artifact, out).map(find));
        const { sha256, state } = artifact;
        if (state !== "stored" || sha256 === undefined || judged.has(sha256)) continue;
        judged.add(sha256);
        if (hashOf(await readBlob(cast, sha256)) !== sha256)
          findings.push(find(`the gateway has other bytes for ${sha256}`));
      }
    }
  }
  return findings;
}

/** At a run's end bytes may still be on their way; what is called stored is there. */
function judgeEarly({ dir }: Cast, { number: run, report }: RunRecord): Finding[] {
  const out = join(dir, "reports", String(run));
  return (report?.tests ?? []).flatMap(({ key, attempts }) =>
    attempts
      .flatMap(({ artifacts }) => artifacts)
      .filter(({ state }) => state === "stored")
      .flatMap((artifact) => judgeFile(artifact, out))
      .map((text): Finding => ({ kind: "artifact", test: key, text: `at the run's end: ${text}` })),
  );
}

function judgeFile(artifact: ReportArtifact, out: string): string[] {
  const { state, reason, path, sha256, bytes } = artifact;
  if (state !== "stored") return [`it is ${state}: ${reason ?? "no reason"}`];
  if (path === undefined || sha256 === undefined) return ["it is stored without a path"];
  const file = readOrNothing(join(out, path));
  if (file !== undefined && hashOf(file) === sha256 && file.length === bytes) return [];
  return [`${path} has ${file?.length ?? "no"} bytes that are not ${sha256}`];
}

function readOrNothing(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined; // named by the caller
  }
}

const hashOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

async function readBlob(cast: Cast, sha256: string): Promise<Uint8Array> {
  const { url, apiKey } = readGatewayAddress(cast.gatewayDir);
  const headers = { authorization: `Bearer ${apiKey}` };
  const response = await fetch(`${url}/v1/blobs/${sha256}`, { headers });
  return new Uint8Array(await response.arrayBuffer());
}
