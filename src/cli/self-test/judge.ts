/** P: what the runs of the self-test prove, or do not. Everything is read from the report: what a person would have seen. */
import type { Report, ReportArtifact, ReportTest } from "#proto/report.ts";
import type { Finding } from "../finding.ts";
import type { PracticeRun } from "./practice-run.ts";
import { API_TEST, FILM_TEST, PAGE_TEST, PICTURE, RED_TEST } from "./practice-suites.ts";

/** Reads the first bytes of a file of the report; undefined when it is not there. */
export type ReadHead = (artifact: ReportArtifact) => Uint8Array | undefined;

const DOCTOR = "panoptic doctor says what this machine lacks";
/** EBML: how every webm begins. */
const WEBM_HEAD = [0x1a, 0x45, 0xdf, 0xa3];
const PNG_HEAD = [0x89, 0x50, 0x4e, 0x47];

/** The mesh itself, and tests that need no browser. */
export function judgeHttp(run: PracticeRun): Finding[] {
  const { report } = run;
  if (report === undefined) return [noReport("mesh", run)];
  const seconds = (run.durationMs / 1_000).toFixed(1);
  const nodes = report.nodes.map(({ version, platform }) => `${version}, ${platform}`).join("; ");
  return [
    works("mesh", `a gateway, its nats-server and a node (${nodes}) ran and ended in ${seconds} s`),
    judgePassed("http tests", testOf(report, API_TEST)),
    judgeRed(run, report),
  ];
}

/** The test that must fail: its verdict, its step and the exit code say so together, or nothing here can be believed. */
function judgeRed({ exitCode }: PracticeRun, report: Report): Finding {
  const name = "failures";
  const test = testOf(report, RED_TEST);
  const step = test?.attempts[0]?.steps.find(({ status }) => status === "failed");
  const isRight = test?.verdict === "failed" && step?.kind === "expect" && exitCode === 1;
  if (isRight) return works(name, "a test that must fail is reported as failed, exit code 1");
  return broken(
    name,
    `a test that must fail is ${test?.verdict ?? "not in the report"} and the exit code is ${exitCode ?? "none"}: reports of this machine cannot be believed`,
    DOCTOR,
  );
}

/** Tests in a browser, their pictures, and films where there is a program for them. */
export function judgeWeb(run: PracticeRun, readHead: ReadHead): Finding[] {
  const { report } = run;
  if (report === undefined) return [noReport("web tests", run)];
  const page = testOf(report, PAGE_TEST);
  const browsers = report.nodes.flatMap((node) => node.browsers).join(", ");
  const findings = [
    judgePassed("web tests", page, browsers),
    judgePicture(artifactOf(page, "screenshot"), readHead),
  ];
  const film = testOf(report, FILM_TEST);
  return film === undefined ? findings : [...findings, judgeFilm(film, readHead)];
}

function judgePicture(artifact: ReportArtifact | undefined, readHead: ReadHead): Finding {
  const name = "screenshots";
  const head = artifact === undefined ? undefined : readHead(artifact);
  if (head === undefined) return broken(name, missing(artifact), DOCTOR);
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const isPng = startsWith(head, PNG_HEAD) && head.byteLength >= 24;
  const size = isPng ? `${view.getUint32(16)} × ${view.getUint32(20)}` : "no PNG";
  if (size === `${PICTURE.width} × ${PICTURE.height}`) return works(name, `a PNG of ${size}`);
  return broken(name, `the picture is ${size}, not ${PICTURE.width} × ${PICTURE.height}`, DOCTOR);
}

function judgeFilm(test: ReportTest, readHead: ReadHead): Finding {
  const name = "recordings";
  const artifact = artifactOf(test, "video");
  const head = artifact === undefined ? undefined : readHead(artifact);
  if (test.verdict !== "passed") return judgePassed(name, test);
  if (head === undefined) return broken(name, missing(artifact), DOCTOR);
  if (!startsWith(head, WEBM_HEAD)) return broken(name, "the film is no webm", DOCTOR);
  return works(name, `a webm of ${artifact?.bytes ?? 0} bytes`);
}

/** @param detail Said with it when it works. */
function judgePassed(name: string, test: ReportTest | undefined, detail = ""): Finding {
  if (test?.verdict === "passed") {
    return works(name, `${JSON.stringify(test.name)} passed${detail === "" ? "" : ` (${detail})`}`);
  }
  const attempt = test?.attempts[0];
  const failed = attempt?.steps.find(({ error }) => error !== undefined);
  const reason = failed?.error?.message ?? attempt?.error?.message ?? test?.reason ?? "no reason";
  const verdict = test === undefined ? "is not in the report" : `is ${test.verdict}: ${reason}`;
  return broken(name, `${test?.name ?? "the test"} ${verdict}`, DOCTOR);
}

function noReport(name: string, { exitCode, said }: PracticeRun): Finding {
  const end = exitCode === undefined ? "it was ended at its bound" : `exit code ${exitCode}`;
  return broken(name, `no report (${end}): ${said === "" ? "it said nothing" : said}`, DOCTOR);
}

function testOf(report: Report, name: string): ReportTest | undefined {
  return report.tests.find((test) => test.name === name);
}

function artifactOf(test: ReportTest | undefined, kind: ReportArtifact["kind"]) {
  return test?.attempts.at(-1)?.artifacts.find((artifact) => artifact.kind === kind);
}

function missing(artifact: ReportArtifact | undefined): string {
  return artifact === undefined
    ? "there is none in the report"
    : `${artifact.name} is ${artifact.state} ${artifact.reason ?? ""}`.trimEnd();
}

function startsWith(bytes: Uint8Array, head: readonly number[]): boolean {
  return head.every((byte, index) => bytes[index] === byte);
}

function works(name: string, said: string): Finding {
  return { name, state: "works", said };
}

function broken(name: string, said: string, fix: string): Finding {
  return { name, state: "broken", said, fix };
}
