/** P: the files of a report but its artifacts: names and texts. Writing them to a folder is the CLI's. */
import type { Report } from "#proto/report.ts";
import { junitXml } from "./junit.ts";

export type ReportFile = { readonly name: string; readonly text: string };

/** The files that a report folder holds; `report.json` comes last: who finds it finds a whole report. */
export function reportFiles(report: Report): readonly ReportFile[] {
  return [
    { name: "junit.xml", text: junitXml(report) },
    { name: "report.json", text: `${JSON.stringify(report, undefined, 2)}\n` },
  ];
}
