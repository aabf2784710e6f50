/**
 * P: a report whose paths are what GitLab wants in a JUnit file: relative to the project's folder (CI_PROJECT_DIR), both
 * attachments and suites. Paths outside of it cannot be shown and stay as they are.
 */
import { join } from "node:path";
import type { Report } from "#proto/report.ts";
import type { Config } from "#shared/config.ts";
import { suiteWithin, withinRoot } from "./report-place.ts";

export type GitlabPlaces = {
  readonly projectDir: string;
  /** What relative suites are of. */
  readonly callerDir: string;
  /** The report's folder, absolute. */
  readonly out: string;
};

/** The report as its JUnit form is to be written. */
export function withGitlabPlaces(report: Report, places: GitlabPlaces): Report {
  const { projectDir, callerDir, out } = places;
  return {
    ...report,
    tests: report.tests.map((test) => ({
      ...test,
      file: suiteWithin(projectDir, callerDir, test.file) ?? test.file,
      attempts: test.attempts.map((attempt) => ({
        ...attempt,
        artifacts: attempt.artifacts.map((artifact) => {
          if (artifact.path === undefined) return artifact;
          const path = withinRoot(projectDir, join(out, artifact.path));
          return { ...artifact, path: path ?? artifact.path };
        }),
      })),
    })),
  };
}

/** What is done to a report that lies at `out` before it is written as JUnit; nothing outside of GitLab. */
export function junitForm({ ci, callerDir }: Config, out: string): (report: Report) => Report {
  const { gitlab } = ci;
  if (gitlab === undefined) return (report) => report;
  return (report) => withGitlabPlaces(report, { ...gitlab, callerDir, out });
}
