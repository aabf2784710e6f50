/** The JUnit file as GitLab wants it: every path from the project's folder. */
import { expect, test } from "vitest";
import { junitForm, withGitlabPlaces } from "#cli/ci/gitlab-places.ts";
import type { ReportArtifact } from "#proto/report.ts";
import { readConfig } from "#shared/config.ts";
import { failedAttempt, reportOf, testOf } from "./report-kit.ts";

const SHOT: ReportArtifact = {
  name: "shot.png",
  kind: "screenshot",
  state: "stored",
  bytes: 1,
  path: "artifacts/pay/attempt-1/shot.png",
};
const report = reportOf([
  testOf("failed", { attempts: [failedAttempt("no", { artifacts: [SHOT] })] }),
  testOf("passed", { file: "/elsewhere/a.yaml" }),
]);
const placesOf = (of: typeof report) =>
  of.tests.flatMap(({ file, attempts }) => [
    file,
    ...attempts.flatMap(({ artifacts }) => artifacts.map(({ path }) => path)),
  ]);

test("withGitlabPlaces() names suites and artifacts from the project's folder", () => {
  const places = { projectDir: "/builds/shop", callerDir: "/builds/shop/web", out: "" };
  expect(placesOf(withGitlabPlaces(report, { ...places, out: "/builds/shop/web/out" }))).toEqual([
    "web/suites/shop.yaml",
    "web/out/artifacts/pay/attempt-1/shot.png",
    "/elsewhere/a.yaml",
  ]);
  // Outside of the project nothing can be shown: nothing is pretended.
  expect(placesOf(withGitlabPlaces(report, { ...places, out: "/tmp/out" }))[1]).toBe(SHOT.path);
});

test("junitForm() changes nothing outside of GitLab", () => {
  const env = { INIT_CWD: "/builds/shop", CI_PROJECT_DIR: "/builds/shop" };
  expect(junitForm(readConfig(env), "/builds/shop/out")(report)).toBe(report);
  const onGitlab = readConfig({ ...env, GITLAB_CI: "true" });
  expect(placesOf(junitForm(onGitlab, "/builds/shop/out")(report))[1]).toBe(`out/${SHOT.path}`);
});
