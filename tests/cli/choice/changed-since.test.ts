import { execFileSync } from "node:child_process";
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { findAffected } from "#cli/choice/affected.ts";
import { changesSince } from "#cli/choice/git.ts";
import { loadSuites } from "#cli/run/load-suites.ts";
import { temporaryPlace } from "#kit/temporary-place.ts";
import { byCodeUnit } from "#suite/reading/order.ts";

/** A repository of its own, whatever this machine's git is set to. */
function repository() {
  const dir = temporaryPlace("panoptic-git-");
  const git = (...words: string[]) =>
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@t", ...words], { cwd: dir });
  const write = (file: string, text: string) => {
    mkdirSync(dirname(join(dir, file)), { recursive: true });
    writeFileSync(join(dir, file), text);
  };
  git("init", "-q", "-b", "main");
  return { dir, git, write };
}

const suite = (name: string, more = "") =>
  `name: ${name}\ntests:\n  - name: one\n    platform: http\n    ${more}\n    steps: [{ request: { get: "http://127.0.0.1/" } }]\n`;

const UPLOADS = `name: uploads
tests:
  - name: with a
    steps: [{ upload: { css: input, files: [a.png] } }]
  - name: with b
    steps: [{ upload: { css: input, files: [b.png] } }]
`;

test("changesSince() sees commits, staged, unstaged, new, renamed and ignored files; findAffected() turns them into tests", () => {
  const { dir, git, write } = repository();
  for (const name of ["committed", "staged", "unstaged", "moved", "same"])
    write(`suites/${name}.yaml`, suite(name));
  write("suites/rows.yaml", suite("rows", "data: rows.csv"));
  write("suites/rows.csv", "id\n1\n");
  write("suites/local.yaml", suite("local", "data: local.json"));
  write("suites/local.json", '[{ "id": 1 }]');
  write("suites/uploads.yaml", UPLOADS);
  for (const picture of ["a.png", "b.png"]) write(`suites/${picture}`, picture);
  write(".gitignore", "local.json\n");
  symlinkSync("../shared.csv", join(dir, "suites/linked.csv"));
  write("shared.csv", "id\n1\n");
  git("add", "-A");
  git("commit", "-q", "-m", "first");
  git("tag", "base");
  write("suites/committed.yaml", suite("committed", "tags: [x]"));
  git("commit", "-q", "-am", "second");
  write("suites/staged.yaml", suite("staged", "tags: [x]"));
  git("add", "suites/staged.yaml");
  write("suites/unstaged.yaml", suite("unstaged", "tags: [x]"));
  write("suites/fresh one.yaml", suite("fresh"));
  renameSync(join(dir, "suites/moved.yaml"), join(dir, "suites/moved here.yaml"));
  git("add", "-A", "suites/moved.yaml", "suites/moved here.yaml");
  write("suites/rows.csv", "id\n1\n2\n");
  write("suites/a.png", "another picture");
  const { faults, suites, tests } = loadSuites(["suites"], { callerDir: dir, isStrict: true });
  expect(faults).toEqual([]);
  const paths = suites.flatMap(({ path, named }) => [path, ...named]);
  const changes = changesSince({ revision: "base", paths });
  const shown = (path: string) => path.slice(dir.length + "/suites/".length);
  const { keys, lines } = findAffected({ suites, tests, changes, shown });
  expect([...keys].sort(byCodeUnit)).toEqual([
    "committed › one",
    "fresh › one",
    "local › one [id=1]",
    "moved › one",
    "rows › one [id=1]",
    "rows › one [id=2]",
    "staged › one",
    "unstaged › one",
    "uploads › with a",
  ]);
  expect([...lines].sort(byCodeUnit)).toEqual([
    "  a.png: modified, 1 test",
    "  committed.yaml: modified, 1 test",
    "  fresh one.yaml: new, not in git yet, 1 test",
    "  local.json: ignored by git, so nobody knows whether it has changed, 1 test",
    "  moved here.yaml: renamed from suites/moved.yaml, 1 test",
    "  rows.csv: modified, 2 tests",
    "  staged.yaml: modified, 1 test",
    "  unstaged.yaml: modified, 1 test",
  ]);
  write("shared.csv", "id\n2\n");
  const linked = changesSince({ revision: "base", paths: [join(dir, "suites/linked.csv")] });
  expect([...linked.values()]).toEqual(["modified"]); // What a link leads to is what a suite reads.
});

test("changesSince() refuses by name: no repository, no such revision, one that looks like an option, no git", () => {
  const { dir, git, write } = repository();
  write("a.yaml", suite("a"));
  git("add", "-A");
  git("commit", "-q", "-m", "first");
  const paths = [join(dir, "a.yaml")];
  expect([...changesSince({ revision: "HEAD", paths })]).toEqual([]);
  expect(() => changesSince({ revision: "nix", paths })).toThrow(/"nix" is no revision of the git/);
  expect(() => changesSince({ revision: "--output=x", paths })).toThrow(/is no revision/);
  const outside = temporaryPlace("panoptic-no-git-");
  writeFileSync(join(outside, "a.yaml"), suite("a"));
  expect(() => changesSince({ revision: "HEAD", paths: [join(outside, "a.yaml")] })).toThrow(
    /a\.yaml: it lies in no git repository/,
  );
});
